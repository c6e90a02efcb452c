import { GraphBuilder } from '../../src/models/onnx/graph-builder.ts';
import { ElementType } from '../../src/models/onnx/model-summary.ts';
import type { Message } from '../../src/models/onnx/protobuf-writer.ts';
import { lineMeasures } from './graph-lines.ts';
import { GraphWriter, LANES } from './graph-writer.ts';
import {
  BLOCK_QUARTER,
  BLOCK_SIZE,
  DIMENSION,
  EPSILON,
  IMAGE_SIZE,
  KERNELS,
  LUMA,
  MEASURES,
  NOISE_FACTOR,
  RAMPS,
  SMALL_SLOPE,
  STROKE_SIZE,
  TONE_BINS,
  TONE_BLOCK_SIZE,
  TONE_BLOCK_TAIL,
} from './measures.ts';
import { compositionMasks } from './reference.ts';

/** IR 8 and opset 17 came with onnx 1.12 (2022): every runtime in use reads them. */
const HEADER = {
  irVersion: 8,
  opset: 17,
  description: 'Photographic measures of a picture (not CLIP): see docs/encoders.md',
};

/** Tensors that several measures are made from, each [batch, 1, height, width]. */
interface Planes {
  readonly pixels: string;
  readonly luma: string;
  readonly half: string;
  readonly quarter: string;
}

/** The built-in encoder: float32 [batch, 3, 224, 224] of 0..1 in, [batch, DIMENSION] out. */
export function builtinModel(): Message {
  const graph = new GraphBuilder('photographic_measures');
  const write = new GraphWriter(graph);
  const pixels = graph.input('pixels', ElementType.float32, ['batch', 3, IMAGE_SIZE, IMAGE_SIZE]);
  const luma = graph.node('Conv', [pixels, write.constant([...LUMA], [1, 3, 1, 1])]);
  const half = write.shrink(luma, 2);
  const planes: Planes = { pixels, luma, half, quarter: write.shrink(half, 2) };
  const values: Record<string, string> = {
    ...colourMeasures(write, planes),
    ...detailMeasures(write, planes),
    ...toneMeasures(write, planes),
    ...compositionMeasures(write, planes),
    ...strokeMeasures(write, planes),
    ...lineMeasures(write, luma, write.node('Conv', [pixels, write.constant([1, -1, 0], [1, 3, 1, 1])])),
  };
  // Each measure is [batch, 1, 1, 1].
  const row = write.node(
    'Concat',
    MEASURES.map(({ name }) => values[name]!),
    { axis: { int: 1 } },
  );
  const flat = write.node('Flatten', [row], { axis: { int: 1 } });
  const centred = write.sub(flat, write.constant(MEASURES.map(({ centre }) => centre)));
  const scaled = write.div(centred, write.constant(MEASURES.map(({ spread }) => spread)));
  const angles = write.mul(write.node('Tanh', [inWholeLanes(write, scaled)]), write.scalar(Math.PI / 2));
  const features = ['Sin', 'Cos'].map((of) => write.firstChannels(write.node(of, [angles]), MEASURES.length));
  graph.node('Concat', features, { axis: { int: 1 } }, 'measures');
  graph.output('measures', ElementType.float32, ['batch', DIMENSION]);
  return graph.toModel(HEADER);
}

/** A row of each image with zeros behind it: see GraphWriter.log. */
function inWholeLanes(write: GraphWriter, rows: string): string {
  const missing = -MEASURES.length & (LANES - 1);
  return write.node('Pad', [rows, write.integers([0, 0, 0, missing]), write.scalar(0)]);
}

type Values = Record<string, string>;

function colourMeasures(write: GraphWriter, { pixels }: Planes): Values {
  const over = { axes: { ints: [1] }, keepdims: { int: 1 } };
  const smallest = write.node('ReduceMin', [pixels], over);
  const chroma = write.sub(write.node('ReduceMax', [pixels], over), smallest);
  // R - G, (R + G) / 2 - B and R - B in one convolution.
  const axes = [1, -1, 0, 0.5, 0.5, -1, 1, 0, -1];
  const opponents = write.node('Conv', [pixels, write.constant(axes, [3, 3, 1, 1])]);
  const [rg, yb, warmth] = write.split(opponents, 3) as [string, string, string];
  const variances = write.add(write.variance(rg), write.variance(yb));
  const means = write.add(write.square(write.mean(rg)), write.square(write.mean(yb)));
  const colourNoise = write.node('Abs', [write.convolve(rg, [KERNELS.noise])]);
  return {
    saturation: write.mean(chroma),
    saturation_spread: write.root(write.variance(chroma)),
    colourfulness: write.add(write.root(variances), write.mul(write.root(means), write.scalar(0.3))),
    warmth: write.mean(warmth),
    colour_noise: quietNoise(write, colourNoise),
    paper: write.mean(write.ramp(smallest, RAMPS.paper)),
  };
}

function quietNoise(write: GraphWriter, answer: string): string {
  const quietest = write.meanOfBlocks(write.shrink(answer, BLOCK_SIZE), BLOCK_QUARTER, 'smallest');
  return write.log(write.mul(quietest, write.scalar(NOISE_FACTOR)), SMALL_SLOPE);
}

function slopes(write: GraphWriter, x: string, y: string): string {
  return write.root(write.add(write.square(x), write.square(y)));
}

function detailMeasures(write: GraphWriter, { luma, half, quarter }: Planes): Values {
  const answers = write.convolve(luma, [KERNELS.laplacian, KERNELS.sobelX, KERNELS.sobelY, KERNELS.noise]);
  const [laplacian, x, y, noise] = write.split(answers, 4) as [string, string, string, string];
  const sharpnessOf = (answer: string): string => write.log(write.variance(answer), EPSILON);
  const scales = [
    sharpnessOf(laplacian),
    sharpnessOf(write.convolve(half, [KERNELS.laplacian])),
    sharpnessOf(write.convolve(quarter, [KERNELS.laplacian])),
  ] as const;
  const all = slopes(write, x, y);
  const blocks = write.shrink(write.node('Abs', [laplacian]), BLOCK_SIZE);
  const meanSlope = (answer: string): string =>
    write.add(write.mean(write.node('Abs', [answer])), write.scalar(SMALL_SLOPE));
  const horizontal = meanSlope(x);
  const inLuma = write.node('Abs', [noise]);
  return {
    sharpness: scales[0],
    sharpness_half: scales[1],
    sharpness_quarter: scales[2],
    fine_detail: write.sub(scales[0], scales[1]),
    coarse_detail: write.sub(scales[1], scales[2]),
    subject_sharpness: write.log(write.meanOfBlocks(blocks, BLOCK_QUARTER, 'largest'), SMALL_SLOPE),
    edges: write.mean(all),
    edge_direction: write.div(horizontal, write.add(horizontal, meanSlope(y))),
    flat_share: write.mean(write.ramp(write.shrink(all, BLOCK_SIZE), RAMPS.flat)),
    noise: write.log(write.mul(write.mean(inLuma), write.scalar(NOISE_FACTOR)), SMALL_SLOPE),
    flat_noise: quietNoise(write, inLuma),
  };
}

function toneMeasures(write: GraphWriter, { luma, quarter }: Planes): Values {
  const blocks = write.shrink(quarter, TONE_BLOCK_SIZE);
  return {
    luminance: write.mean(luma),
    contrast: write.root(write.variance(luma)),
    blown: write.mean(write.ramp(luma, RAMPS.blown)),
    crushed: write.mean(write.ramp(luma, RAMPS.crushed)),
    tone_entropy: toneEntropy(write, quarter),
    tone_range: write.sub(
      write.meanOfBlocks(blocks, TONE_BLOCK_TAIL, 'largest'),
      write.meanOfBlocks(blocks, TONE_BLOCK_TAIL, 'smallest'),
    ),
  };
}

/** A triangular bin is 1 - |distance|, at least 0; the bins are channels. */
function toneEntropy(write: GraphWriter, quarter: string): string {
  const centres = Array.from({ length: TONE_BINS }, (_, bin) => bin);
  const positions = write.mul(quarter, write.scalar(TONE_BINS - 1));
  const distances = write.node('Abs', [write.sub(positions, write.constant(centres, [1, TONE_BINS, 1, 1]))]);
  const shares = write.mean(write.node('Relu', [write.sub(write.scalar(1), distances)]));
  const logarithms = write.node('Log', [write.add(shares, write.scalar(EPSILON))]);
  const terms = write.mul(shares, logarithms);
  const sum = write.node('ReduceSum', [terms, write.integers([1])], { keepdims: { int: 1 } });
  return write.mul(sum, write.scalar(-1 / Math.log(TONE_BINS)));
}

function compositionMeasures(write: GraphWriter, { quarter }: Planes): Values {
  const answers = write.convolve(quarter, [KERNELS.sobelX, KERNELS.sobelY]);
  const [x, y] = write.split(answers, 2) as [string, string];
  const energy = slopes(write, x, y);
  const total = write.mean(energy);
  const size = IMAGE_SIZE / 4 - 2;
  const masks = compositionMasks(size);
  const share = (name: keyof typeof masks): string =>
    write.div(write.mean(write.mul(energy, write.constant(masks[name].values, [1, 1, size, size]))), total);
  return { edges_quarter: total, thirds: share('thirds'), centre: share('centre'), border: share('border') };
}

function strokeMeasures(write: GraphWriter, { half }: Planes): Values {
  const negated = write.node('Neg', [half]);
  const dilate = (plane: string): string => write.dilate(plane, STROKE_SIZE);
  // The largest of the negated is the negated smallest.
  const opened = dilate(write.node('Neg', [dilate(negated)]));
  const closedNegated = dilate(write.node('Neg', [dilate(half)]));
  const middle = write.mean(half);
  const light = write.sub(middle, write.mean(opened));
  const dark = write.node('Neg', [write.add(write.mean(closedNegated), middle)]);
  const sum = write.add(write.add(light, dark), write.scalar(10 * SMALL_SLOPE));
  return {
    light_strokes: write.log(light, SMALL_SLOPE),
    dark_strokes: write.log(dark, SMALL_SLOPE),
    stroke_balance: write.div(write.sub(light, dark), sum),
  };
}
