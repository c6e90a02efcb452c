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
 * How a convolution becomes one product of matrices. A row of the left matrix is a window as high as the kernel and so wide that `run` neighbouring outputs of a
 * line are made of it: [kernel, run + kernel - 1, inputs] values. The right matrix has the kernel `run` times, each moved by one pixel, with zeros beside it.
 * Windows that are shared by `run` outputs are copied `run` times less than those of im2col, for which more zeros are multiplied.
 */
interface Windows {
  readonly run: number;
  readonly outputSidePx: number;
  readonly rows: number;
  readonly rowWidth: number;
}

/** Copying a value into a window costs about as much as so many multiplications (measured, 2 cores with AVX-512). */
const COPY_COST = 60;
/** Columns of a product are computed so many at a time. */
const COLUMN_STEP = 16;

/** Sees to the windows of a convolution: of all runs that divide a line of outputs, the cheapest. */
export function windowsOf({ batch, sidePx, kernelPx, inputs, outputs }: Convolution): Windows {
  const outputSidePx = sidePx - kernelPx + 1;
  const costOf = (run: number): number => {
    const columns = COLUMN_STEP * Math.ceil((run * outputs) / COLUMN_STEP);
    return ((run + kernelPx - 1) / run) * (2 * columns + COPY_COST);
  };
  let run = 1;
  for (let tried = 2; tried <= outputSidePx; tried++)
    if (outputSidePx % tried === 0 && costOf(tried) < costOf(run)) run = tried;
  return {
    ...{ run, outputSidePx },
    rows: (batch * outputSidePx * outputSidePx) / run,
    rowWidth: kernelPx * (run + kernelPx - 1) * inputs,
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
  const { run, rowWidth } = windowsOf(shape);
  const windows = cutWindows(graph, shape, picture);
  const count = outputs * inputs * kernelPx ** 2;
  const flat = graph.concat([graph.reshape(weight, [count]), graph.floats([0], [1])], 0);
  const kernels = graph.gather(flat, kernelPlaces(shape, count), [rowWidth, run * outputs]);
  const biases = bias === undefined ? [] : [graph.concat(new Array<string>(run).fill(bias), 0)];
  const product = graph.node('Gemm', [windows, kernels, ...biases]);
  return { windows, output: toPictures(graph, shape, product, outputs) };
}

/** [rows, rowWidth]: rows by picture, run and line, so that a copied piece is as long as a window is wide. */
function cutWindows(graph: OperationGraph, shape: Convolution, picture: string): string {
  const { batch, sidePx, kernelPx, inputs } = shape;
  const { run, outputSidePx, rows, rowWidth } = windowsOf(shape);
  const width = (run + kernelPx - 1) * inputs;
  const lines = graph.reshape(picture, [batch, 1, sidePx, sidePx * inputs]);
  const bands = Array.from({ length: outputSidePx / run }, (_, i) =>
    graph.slice(lines, 3, i * run * inputs, i * run * inputs + width),
  );
  const lineNumbers = Array.from(
    { length: outputSidePx * kernelPx },
    (_, at) => Math.floor(at / kernelPx) + (at % kernelPx),
  );
  const windows = graph.gather(graph.concat(bands, 1), lineNumbers, [outputSidePx, kernelPx], 2);
  return graph.reshape(windows, [rows, rowWidth]);
}

/** Rows of windows, [rows, run x channels], as pictures. */
function toPictures(graph: OperationGraph, shape: Convolution, product: string, channels: number): string {
  const { run, outputSidePx: side } = windowsOf(shape);
  const bands = graph.reshape(product, [shape.batch, side / run, side, run * channels]);
  return graph.reshape(graph.transpose(bands, [0, 2, 1, 3]), [shape.batch, side, side, channels]);
}

/** Pictures as rows of windows. */
function toWindowRows(graph: OperationGraph, shape: Convolution, pictures: string, channels: number): string {
  const { run, rows, outputSidePx: side } = windowsOf(shape);
  const bands = graph.reshape(pictures, [shape.batch, side, side / run, run * channels]);
  return graph.reshape(graph.transpose(bands, [0, 2, 1, 3]), [rows, run * channels]);
}

/** Of each value of the right matrix its place in the weights, or `none` for a zero. */
function kernelPlaces(shape: Convolution, none: number): number[] {
  const { kernelPx, inputs, outputs } = shape;
  const { run } = windowsOf(shape);
  const places: number[] = [];
  for (let y = 0; y < kernelPx; y++)
    for (let across = 0; across < run + kernelPx - 1; across++)
      for (let input = 0; input < inputs; input++)
        for (let i = 0; i < run; i++)
          for (let output = 0; output < outputs; output++) {
            const x = across - i;
            const isInside = x >= 0 && x < kernelPx;
            places.push(isInside ? ((output * inputs + input) * kernelPx + y) * kernelPx + x : none);
          }
  return places;
}

/** Where each weight stands in the right matrix: [run, outputs, inputs, kernel, kernel]. */
function copiesOfWeights(shape: Convolution): number[] {
  const { kernelPx, inputs, outputs } = shape;
  const { run } = windowsOf(shape);
  const places: number[] = [];
  for (let i = 0; i < run; i++)
    for (let output = 0; output < outputs; output++)
      for (let input = 0; input < inputs; input++)
        for (let y = 0; y < kernelPx; y++)
          for (let x = 0; x < kernelPx; x++) {
            const row = (y * (run + kernelPx - 1) + x + i) * inputs + input;
            places.push((row * run + i) * outputs + output);
          }
  return places;
}

/** The gradients of weight and bias. @param delta that of the output, in its shape */
export function convolutionGradients(
  graph: OperationGraph,
  shape: Convolution,
  { windows }: ConvolutionPass,
  delta: string,
): { readonly weight: string; readonly bias: string } {
  const { inputs, outputs, kernelPx } = shape;
  const { run, rowWidth } = windowsOf(shape);
  const width = run * outputs;
  const deltas = toWindowRows(graph, shape, delta, outputs);
  const product = graph.node('Gemm', [windows, deltas], { transA: { int: 1 } });
  const count = outputs * inputs * kernelPx ** 2;
  const flat = graph.reshape(product, [rowWidth * width]);
  const copies = graph.gather(flat, copiesOfWeights(shape), [run, count]);
  return {
    weight: graph.reshape(graph.sumRows(copies), [outputs, inputs, kernelPx, kernelPx]),
    bias: graph.sumRows(graph.reshape(graph.sumRows(deltas), [run, outputs])),
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
