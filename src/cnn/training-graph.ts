import { ElementType } from '../models/onnx/model-summary.ts';
import { type AdamPart, adamStep, RATE_INPUTS } from './graph/adam.ts';
import { type Loss, lossOf } from './graph/loss.ts';
import { OperationGraph } from './graph/operations.ts';
import { GRAPH_VERSIONS } from './graph/versions.ts';
import { NetworkPass } from './network-pass.ts';
import { CHANNELS, layerSizes, type NetworkShape, type Parameter, parametersOf } from './shape.ts';

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

/** Names of what a step takes beside weights. */
export const STEP_INPUTS = {
  pixels: 'pixels',
  targets: 'targets',
  weights: 'weights',
  kept: 'kept',
} as const;
export const LOSS_OUTPUT = 'loss';

/** What stands behind a parameter's name for its weights and Adam's two sums, and behind all three for what they are after a step. */
export const STATE_INPUTS = { weight: '', sum: '.sum', squares: '.squares' } as const;
export const NEXT = '.next';
export const GRADIENT = '.gradient';

/**
 * The ONNX model of one step: forward, backward and Adam. It takes a batch (`pixels` uint8 [batch, side, side, 3] RGB, `targets` float32 [batch],
 * `weights` float32 [batch], which the losses are summed by, `kept` float32 [batch, features]: 0 where dropout leaves a value out, else what the
 * others are multiplied by), the two rates of `adamRates`, and of each parameter its weights and Adam's two sums; it gives the loss and all of these anew.
 */
export function trainingGraph(options: TrainingGraphOptions): Uint8Array {
  const graph = new OperationGraph('training');
  const { shape, batch, loss, scale, givesGradients } = options;
  const parameters = parametersOf(shape);
  graph.input(STEP_INPUTS.pixels, ElementType.uint8, [batch, shape.imagePx, shape.imagePx, CHANNELS]);
  for (const name of [STEP_INPUTS.targets, STEP_INPUTS.weights])
    graph.input(name, ElementType.float32, [batch]);
  graph.input(STEP_INPUTS.kept, ElementType.float32, [batch, layerSizes(shape).features]);
  if (!givesGradients) for (const name of RATE_INPUTS) graph.input(name, ElementType.float32, []);
  for (const { name, dimensions } of parameters)
    for (const end of givesGradients ? [STATE_INPUTS.weight] : Object.values(STATE_INPUTS))
      graph.input(`${name}${end}`, ElementType.float32, dimensions);

  const network = new NetworkPass(graph, { shape, batch, kept: STEP_INPUTS.kept });
  const predicted = network.forward(scaledPixels(graph, shape, batch, scale));
  const column = (name: string): string => graph.reshape(name, [batch, 1]);
  const { loss: total, delta } = lossOf(graph, loss, {
    predicted,
    target: column(STEP_INPUTS.targets),
    weight: column(STEP_INPUTS.weights),
  });
  graph.node('Identity', [total], {}, LOSS_OUTPUT);
  graph.output(LOSS_OUTPUT, ElementType.float32, []);
  const gradients = network.backward(delta);
  const finish = givesGradients ? giveGradient : makeStep;
  for (const parameter of parameters) finish(graph, parameter, gradients.get(parameter.name)!);
  return Buffer.concat(graph.toModel({ ...GRAPH_VERSIONS, description: 'One step of a training' }));
}

/** [batch, side, side, 3] */
function scaledPixels(
  graph: OperationGraph,
  { imagePx }: NetworkShape,
  batch: number,
  { mean, std }: PixelScale,
): string {
  // A line at a time: factors of three colours alone would be applied three by three.
  const width = CHANNELS * imagePx;
  const ofLine = (at: (colour: number) => number): string =>
    graph.floats(
      Array.from({ length: width }, (_, i) => at(i % CHANNELS)),
      [width],
    );
  const lines = graph.reshape(STEP_INPUTS.pixels, [batch, imagePx, width]);
  const pixels = graph.node('Cast', [lines], { to: { int: ElementType.float32 } });
  const scaled = graph.multiply(
    pixels,
    ofLine((colour) => 1 / (255 * std[colour]!)),
  );
  const centred = graph.add(
    scaled,
    ofLine((colour) => -mean[colour]! / std[colour]!),
  );
  return graph.reshape(centred, [batch, imagePx, imagePx, CHANNELS]);
}

function giveGradient(graph: OperationGraph, { name, dimensions }: Parameter, gradient: string): void {
  graph.node('Identity', [gradient], {}, `${name}${GRADIENT}`);
  graph.output(`${name}${GRADIENT}`, ElementType.float32, dimensions);
}

function makeStep(graph: OperationGraph, { name, dimensions }: Parameter, gradient: string): void {
  const named = (after: string): Omit<AdamPart, 'gradient'> => ({
    weight: `${name}${STATE_INPUTS.weight}${after}`,
    sum: `${name}${STATE_INPUTS.sum}${after}`,
    squares: `${name}${STATE_INPUTS.squares}${after}`,
  });
  adamStep(graph, { ...named(''), gradient }, named(NEXT));
  for (const output of Object.values(named(NEXT))) graph.output(output, ElementType.float32, dimensions);
}
