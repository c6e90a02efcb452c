import type { OperationGraph } from './operations.ts';

/** A convolution of stride 1 without padding, over pictures whose channels lie together. */
export interface Convolution {
  readonly batch: number;
  /** Side of what goes in. */
  readonly sidePx: number;
  readonly kernelPx: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** What a convolution was computed from, for its gradient. */
export interface ConvolutionPass {
  /** [batch, side, side, outputs] of the side that is left. */
  readonly output: string;
  /** [rows, rowWidth]: the windows that were multiplied. */
  readonly windows: string;
}

/**
 * How a convolution becomes one product of matrices. Outputs are made in blocks of neighbours, `lines` high and `run` wide. A row of the left matrix is the window that a
 * block is made of: [kernel + lines - 1, kernel + run - 1, inputs] values. The right matrix has the kernel once for each output of a block, moved to its place, with zeros around it.
 * im2col is that with blocks of one output. Larger ones copy less, as outputs of a block share a window, and multiply more zeros.
 */
interface Blocks {
  readonly lines: number;
  readonly run: number;
  readonly outputSidePx: number;
  /** Of the left matrix. */
  readonly rows: number;
  readonly rowWidth: number;
  /** Values of a window in a line. */
  readonly lineWidth: number;
}

/** Copying a value into a window costs about as much as so many multiplications (measured on one processor with AVX-512). */
const COPY_COST = 20;
/** Columns of a product are computed so many at a time. */
const COLUMN_STEP = 16;

/** The cheapest blocks of all whose sides divide a side of the output. */
export function blocksOf({ batch, sidePx, kernelPx, inputs, outputs }: Convolution): Blocks {
  const side = sidePx - kernelPx + 1;
  const divisors = Array.from({ length: side }, (_, i) => i + 1).filter((each) => side % each === 0);
  const costOf = (lines: number, run: number): number => {
    const columns = COLUMN_STEP * Math.ceil((lines * run * outputs) / COLUMN_STEP);
    const window = (kernelPx + lines - 1) * (kernelPx + run - 1);
    // Forward, and backward again.
    return (window / (lines * run)) * (2 * columns + COPY_COST);
  };
  const { lines, run } = divisors
    .flatMap((high) => divisors.map((wide) => ({ lines: high, run: wide, cost: costOf(high, wide) })))
    .reduce((best, tried) => (tried.cost < best.cost ? tried : best));
  const lineWidth = (kernelPx + run - 1) * inputs;
  return {
    ...{ lines, run, outputSidePx: side, lineWidth },
    rows: (batch * side * side) / (lines * run),
    rowWidth: (kernelPx + lines - 1) * lineWidth,
  };
}

/** What is convolved: picture [batch, side, side, inputs], weight [outputs, inputs, kernel, kernel], bias [outputs]. */
interface Operands {
  readonly picture: string;
  readonly weight: string;
  readonly bias?: string;
}

export function convolve(
  graph: OperationGraph,
  shape: Convolution,
  { picture, weight, bias }: Operands,
): ConvolutionPass {
  const { inputs, outputs, kernelPx } = shape;
  const { lines, run, rowWidth } = blocksOf(shape);
  const windows = cutWindows(graph, shape, picture);
  const count = outputs * inputs * kernelPx ** 2;
  const flat = graph.concat([graph.reshape(weight, [count]), graph.floats([0], [1])], 0);
  const places = new Array<number>(rowWidth * lines * run * outputs).fill(count);
  for (const { weight: from, place } of copiesOf(shape)) places[place] = from;
  const kernels = graph.gather(flat, places, [rowWidth, lines * run * outputs]);
  const biases = bias === undefined ? [] : [graph.concat(new Array<string>(lines * run).fill(bias), 0)];
  const product = graph.node('Gemm', [windows, kernels, ...biases]);
  return { windows, output: toPictures(graph, shape, product) };
}

/** [rows, rowWidth]: rows by picture, band and line, so that a copied piece is as long as a window is wide. */
function cutWindows(graph: OperationGraph, shape: Convolution, picture: string): string {
  const { batch, sidePx, kernelPx, inputs } = shape;
  const { lines, run, outputSidePx, rows, rowWidth, lineWidth } = blocksOf(shape);
  const whole = graph.reshape(picture, [batch, 1, sidePx, sidePx * inputs]);
  const bands = Array.from({ length: outputSidePx / run }, (_, i) =>
    graph.slice(whole, 3, i * run * inputs, i * run * inputs + lineWidth),
  );
  const high = kernelPx + lines - 1;
  const numbers = Array.from(
    { length: (outputSidePx / lines) * high },
    (_, at) => lines * Math.floor(at / high) + (at % high),
  );
  const windows = graph.gather(graph.concat(bands, 1), numbers, [outputSidePx / lines, high], 2);
  return graph.reshape(windows, [rows, rowWidth]);
}

/** Rows of blocks, [rows, lines x run x outputs], as pictures. */
function toPictures(graph: OperationGraph, shape: Convolution, product: string): string {
  const { run, outputSidePx: side } = blocksOf(shape);
  const bands = graph.reshape(product, [shape.batch, side / run, side, run * shape.outputs]);
  return graph.reshape(graph.transpose(bands, [0, 2, 1, 3]), [shape.batch, side, side, shape.outputs]);
}

/** Pictures as rows of blocks. */
function toBlocks(graph: OperationGraph, shape: Convolution, pictures: string): string {
  const { lines, run, rows, outputSidePx: side } = blocksOf(shape);
  const bands = graph.reshape(pictures, [shape.batch, side, side / run, run * shape.outputs]);
  return graph.reshape(graph.transpose(bands, [0, 2, 1, 3]), [rows, lines * run * shape.outputs]);
}

/** Each weight by its place among the weights, and each of its places in the right matrix: output by output of a block, in each all weights in their order. */
function* copiesOf(shape: Convolution): Generator<{ readonly weight: number; readonly place: number }> {
  const { kernelPx, inputs, outputs } = shape;
  const { lines, run, lineWidth } = blocksOf(shape);
  for (let line = 0; line < lines; line++)
    for (let i = 0; i < run; i++)
      for (let weight = 0; weight < outputs * inputs * kernelPx ** 2; weight++) {
        const x = weight % kernelPx;
        const y = Math.floor(weight / kernelPx) % kernelPx;
        const input = Math.floor(weight / kernelPx ** 2) % inputs;
        const output = Math.floor(weight / (kernelPx ** 2 * inputs));
        const row = (y + line) * lineWidth + (x + i) * inputs + input;
        yield { weight, place: (row * lines * run + line * run + i) * outputs + output };
      }
}

/** The gradients of weight and bias. @param delta that of the output, in its shape */
export function convolutionGradients(
  graph: OperationGraph,
  shape: Convolution,
  { windows }: ConvolutionPass,
  delta: string,
): { readonly weight: string; readonly bias: string } {
  const { inputs, outputs, kernelPx } = shape;
  const { lines, run, rowWidth } = blocksOf(shape);
  const deltas = toBlocks(graph, shape, delta);
  const product = graph.node('Gemm', [windows, deltas], { transA: { int: 1 } });
  const flat = graph.reshape(product, [rowWidth * lines * run * outputs]);
  const places = Array.from(copiesOf(shape), ({ place }) => place);
  const copies = graph.gather(flat, places, [lines * run, places.length / (lines * run)]);
  return {
    weight: graph.reshape(graph.sumRows(copies), [outputs, inputs, kernelPx, kernelPx]),
    bias: graph.sumRows(graph.reshape(graph.sumRows(deltas), [lines * run, outputs])),
  };
}

/** The gradient of what went in: a convolution of the padded delta by the kernels turned around. */
export function inputGradient(
  graph: OperationGraph,
  { batch, sidePx, kernelPx, inputs, outputs }: Convolution,
  weight: string,
  delta: string,
): string {
  const margin = [0, kernelPx - 1, kernelPx - 1, 0];
  const turned = {
    ...{ batch, kernelPx, inputs: outputs, outputs: inputs },
    sidePx: sidePx + kernelPx - 1,
  };
  const size = kernelPx ** 2;
  const places: number[] = [];
  for (let input = 0; input < inputs; input++)
    for (let output = 0; output < outputs; output++)
      for (let at = 0; at < size; at++) places.push((output * inputs + input) * size + size - 1 - at);
  const flat = graph.reshape(weight, [places.length]);
  const kernels = graph.gather(flat, places, [inputs, outputs, kernelPx, kernelPx]);
  return convolve(graph, turned, { picture: graph.pad(delta, margin, margin), weight: kernels }).output;
}
