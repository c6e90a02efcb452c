import { ElementType } from '../models/onnx/model-summary.ts';
import { type AdamPart, adamStep, RATE_INPUTS } from './graph/adam.ts';
import {
  type Convolution,
  type ConvolutionPass,
  convolutionGradients,
  convolve,
  inputGradient,
} from './graph/convolution.ts';
import { type Dense, dense, denseGradients } from './graph/dense.ts';
import { type Loss, lossOf } from './graph/loss.ts';
import { OperationGraph } from './graph/operations.ts';

import { pool, poolGradient } from './graph/pool.ts';
import { GRAPH_VERSIONS } from './graph/versions.ts';
import { CHANNELS, LEAK, layerSizes, type NetworkShape, type Parameter, parametersOf } from './shape.ts';

/** How pixels become what the network sees: (x / 255 - mean) / std for each colour. */
export interface PixelScale {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** What a training graph is built for. */
export interface TrainingGraphOptions {
  readonly shape: NetworkShape;
  readonly batch: number;
  readonly loss: Loss;
  readonly scale: PixelScale;
  /** Gives the gradients instead of making a step, and takes weights alone: to hold them against others. */
  readonly givesGradients?: boolean;
}

/** A run of rows of a parameter: the weights of a graph come and go in such parts. */
export interface WeightPart {
  readonly name: string;
  readonly parameter: Parameter;
  readonly dimensions: readonly number[];
  /** Where its values begin among those of all parameters. */
  readonly from: number;
  readonly length: number;
}

/** Names of what a step takes beside weights. */
export const STEP_INPUTS = {
  pixels: 'pixels',
  targets: 'targets',
  weights: 'weights',
  kept: 'kept',
} as const;
export const LOSS_OUTPUT = 'loss';

/** The numbers of a step that go with each part of the weights, and what they are after it. */
export const STATE_INPUTS = { weight: '', sum: '.sum', squares: '.squares' } as const;
export const NEXT = '.next';
export const GRADIENT = '.gradient';

/**
 * Weights of a dense layer are cut into parts of about so many values: the ten passes of Adam over a part, and over what goes with it, then find it in the
 * processor's cache. With the default network that takes a step from 31 to 24 ms of CPU time.
 */
const PART_VALUES = 65_536;

/** The parts in which weights come and go. */
export function partsOf(shape: NetworkShape): WeightPart[] {
  return parametersOf(shape).flatMap((parameter) => {
    const { name, dimensions, from, length } = parameter;
    const [rows, ...rest] = dimensions as [number, ...number[]];
    const width = length / rows;
    const isCut = name.startsWith('dense') && rest.length === 1;
    const rowsEach = isCut ? Math.max(1, Math.ceil(rows / Math.ceil(length / PART_VALUES))) : rows;
    return Array.from({ length: Math.ceil(rows / rowsEach) }, (_, i) => {
      const count = Math.min(rowsEach, rows - i * rowsEach);
      return {
        name: `${name}.${i}`,
        parameter,
        dimensions: [count, ...rest],
        from: from + i * rowsEach * width,
        length: count * width,
      };
    });
  });
}

/**
 * The ONNX model of one step: forward, backward and Adam. It takes a batch (`pixels` uint8 [batch, side, side, 3] RGB, `targets` float32 [batch],
 * `weights` float32 [batch], which the losses are summed by, `kept` float32 [batch, features]: 0 where dropout leaves a value out, else what the
 * others are multiplied by), the two rates of `adamRates`, and of each part its weights and Adam's two sums; it gives the loss and all of these anew.
 */
export function trainingGraph(options: TrainingGraphOptions): Uint8Array {
  const graph = new OperationGraph('training');
  const { shape, batch, loss } = options;
  const { features } = layerSizes(shape);
  const parts = partsOf(shape);
  graph.input(STEP_INPUTS.pixels, ElementType.uint8, [batch, shape.imagePx, shape.imagePx, CHANNELS]);
  for (const name of [STEP_INPUTS.targets, STEP_INPUTS.weights])
    graph.input(name, ElementType.float32, [batch]);
  graph.input(STEP_INPUTS.kept, ElementType.float32, [batch, features]);
  const { givesGradients } = options;
  if (!givesGradients) for (const name of RATE_INPUTS) graph.input(name, ElementType.float32, []);
  for (const { name, dimensions } of parts)
    for (const end of givesGradients ? [STATE_INPUTS.weight] : Object.values(STATE_INPUTS))
      graph.input(`${name}${end}`, ElementType.float32, dimensions);

  const network = new NetworkPass(graph, options);
  const predicted = network.forward();
  const column = (name: string): string => graph.reshape(name, [batch, 1]);
  const { loss: total, delta } = lossOf(graph, loss, {
    predicted,
    target: column(STEP_INPUTS.targets),
    weight: column(STEP_INPUTS.weights),
  });
  graph.node('Identity', [total], {}, LOSS_OUTPUT);
  graph.output(LOSS_OUTPUT, ElementType.float32, []);
  const gradients = network.backward(delta);
  for (const part of parts) writePart(graph, part, gradients.get(part.name)!, options);
  return Buffer.concat(graph.toModel({ ...GRAPH_VERSIONS, description: 'One step of a training' }));
}

function writePart(
  graph: OperationGraph,
  { name, dimensions }: WeightPart,
  gradient: string,
  { givesGradients }: TrainingGraphOptions,
): void {
  const ends = Object.entries(STATE_INPUTS) as [keyof Omit<AdamPart, 'gradient'>, string][];
  if (givesGradients) {
    graph.node('Identity', [gradient], {}, `${name}${GRADIENT}`);
    graph.output(`${name}${GRADIENT}`, ElementType.float32, dimensions);
    return;
  }
  const named = (after: string) =>
    Object.fromEntries(ends.map(([field, end]) => [field, `${name}${end}${after}`])) as Omit<
      AdamPart,
      'gradient'
    >;
  adamStep(graph, { ...named(''), gradient }, named(NEXT));
  for (const output of Object.values(named(NEXT))) graph.output(output, ElementType.float32, dimensions);
}

/** The network in a graph: forward, then backward over what forward has left. */
class NetworkPass {
  readonly #graph: OperationGraph;
  readonly #options: TrainingGraphOptions;
  readonly #parts: readonly WeightPart[];
  readonly #passes: ConvolutionPass[] = [];
  /** What goes into each dense layer. */
  readonly #rows: string[] = [];
  #pooled: ReturnType<typeof pool> | undefined;

  constructor(graph: OperationGraph, options: TrainingGraphOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#parts = partsOf(options.shape);
  }

  /** [batch, 1] */
  forward(): string {
    const graph = this.#graph;
    const { shape, batch } = this.#options;
    const { features } = layerSizes(shape);
    let picture = this.#scaledPixels();
    for (const [i, layer] of this.#convolutions().entries()) {
      const [weight, bias] = this.#namesOf(`convolution${i}`);
      const pass = convolve(graph, layer, { picture, weight: weight!, bias: bias! });
      this.#passes.push(pass);
      picture = this.#isLast(i) ? pass.output : graph.leakyRelu(pass.output, LEAK);
    }
    this.#pooled = pool(graph, this.#pool(), picture);
    const planes = graph.transpose(graph.leakyRelu(this.#pooled.output, LEAK), [0, 3, 1, 2]);
    let rows = graph.multiply(graph.reshape(planes, [batch, features]), STEP_INPUTS.kept);
    for (const [i, layer] of this.#denseLayers().entries()) {
      if (i > 0) rows = graph.leakyRelu(rows, LEAK);
      this.#rows.push(rows);
      rows = dense(graph, layer, rows, this.#biasOf(i));
    }
    return rows;
  }

  /** The gradient of each part by its name. @param delta of what forward gave */
  backward(delta: string): ReadonlyMap<string, string> {
    const graph = this.#graph;
    const { shape, batch } = this.#options;
    const { pooledPx, channels } = layerSizes(shape);
    const found = new Map<string, string>();
    let passed = delta;
    for (const [i, layer] of [...this.#denseLayers().entries()].reverse()) {
      const { weights, bias, rows } = denseGradients(graph, layer, this.#rows[i]!, passed);
      for (const [at, { weight }] of layer.parts.entries()) found.set(weight, weights[at]!);
      found.set(this.#biasOf(i), bias);
      passed = graph.multiply(rows, i > 0 ? graph.slope(this.#rows[i]!, LEAK) : STEP_INPUTS.kept);
    }
    const planes = graph.reshape(passed, [batch, channels.at(-1)!, pooledPx, pooledPx]);
    const { output } = this.#pooled!;
    const pooled = graph.multiply(graph.transpose(planes, [0, 2, 3, 1]), graph.slope(output, LEAK));
    passed = poolGradient(graph, this.#pool(), this.#pooled!, pooled);
    for (const [i, layer] of [...this.#convolutions().entries()].reverse()) {
      const pass = this.#passes[i]!;
      if (!this.#isLast(i)) passed = graph.multiply(passed, graph.slope(pass.output, LEAK));
      const [weight, bias] = this.#namesOf(`convolution${i}`) as [string, string];
      const gradients = convolutionGradients(graph, layer, pass, passed);
      found.set(weight, gradients.weight);
      found.set(bias, gradients.bias);
      if (i > 0) passed = inputGradient(graph, layer, weight, passed);
    }
    return found;
  }

  #scaledPixels(): string {
    const graph = this.#graph;
    const { scale, batch, shape } = this.#options;
    // A line at a time: factors of three colours alone would be applied three by three.
    const ofLine = (at: (colour: number) => number): string =>
      graph.floats(
        Array.from({ length: CHANNELS * shape.imagePx }, (_, i) => at(i % CHANNELS)),
        [CHANNELS * shape.imagePx],
      );
    const lines = graph.reshape(STEP_INPUTS.pixels, [batch, shape.imagePx, CHANNELS * shape.imagePx]);
    const pixels = graph.node('Cast', [lines], { to: { int: ElementType.float32 } });
    const scaled = graph.multiply(
      pixels,
      ofLine((colour) => 1 / (255 * scale.std[colour]!)),
    );
    return graph.add(
      scaled,
      ofLine((colour) => -scale.mean[colour]! / scale.std[colour]!),
    );
  }

  #convolutions(): Convolution[] {
    const { shape, batch } = this.#options;
    const { sidesPx, channels } = layerSizes(shape);
    return shape.convolutions.map(({ kernelPx, channels: outputs }, i) => ({
      ...{ batch, kernelPx, outputs, sidePx: sidesPx[i]!, inputs: channels[i]! },
    }));
  }

  #isLast(layer: number): boolean {
    return layer === this.#options.shape.convolutions.length - 1;
  }

  #pool(): { batch: number; sidePx: number; channels: number } {
    const { sidesPx, channels } = layerSizes(this.#options.shape);
    return { batch: this.#options.batch, sidePx: sidesPx.at(-1)!, channels: channels.at(-1)! };
  }

  #denseLayers(): Dense[] {
    const { shape, batch } = this.#options;
    return Array.from({ length: shape.hidden.length + 1 }, (_, i) => {
      const parts = this.#parts.filter(({ parameter }) => parameter.name === `dense${i}.weight`);
      return {
        batch,
        inputs: parts[0]!.dimensions[1]!,
        parts: parts.map(({ name, dimensions }) => ({ weight: name, outputs: dimensions[0]! })),
      };
    });
  }

  #biasOf(layer: number): string {
    return `dense${layer}.bias.0`;
  }

  /** Weight and bias of a convolution, which come in one part each. */
  #namesOf(layer: string): string[] {
    return this.#parts.filter(({ name }) => name.startsWith(`${layer}.`)).map(({ name }) => name);
  }
}
