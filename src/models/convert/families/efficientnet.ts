import { weightsRefused } from '../../../weights/errors.ts';
import { refuseConfigOfOthers } from '../config-fit.ts';
import type { Family, ImageNetwork, Known } from '../family.ts';
import type { NamedTensors } from '../named-tensors.ts';
import { IMAGENET_COLOURS, transformOf, wantedSizePx } from '../transforms.ts';
import type { VisionGraph } from '../vision-graph.ts';
import { linear } from '../weight.ts';
import { type ConvNames, drawConvNorm, drawSqueezeExcite, swish } from './conv-parts.ts';

/** Side of the images that LAION's watermark detector takes (its README: Resize((256, 256))). */
const SIZE_PX = 256;

/** Each stage's stride and kernel (Tan and Le 2019, table 1; timm's efficientnet.py, _gen_efficientnet). */
const STAGES = [
  { stride: 1, kernel: 3 },
  { stride: 2, kernel: 3 },
  { stride: 2, kernel: 5 },
  { stride: 2, kernel: 3 },
  { stride: 1, kernel: 5 },
  { stride: 2, kernel: 5 },
  { stride: 1, kernel: 3 },
] as const;

/** The layers of LAION's classifier, with ReLU between them (LAION-5B-WatermarkDetection, example_use.py); 3 is behind a dropout. */
const CLASSIFIER_STEMS = ['classifier.0', 'classifier.3', 'classifier.5'];

/** What LAION's values are: softmax over two, of which the first is the watermark (example_use.py there). */
const LAION_OUTPUTS = 2;
const LAION_SCORE = { tag: 'pwatermark', class: 0, activation: 'softmax' } as const;

/**
 * EfficientNet as timm saves it, with the three layers behind it that LAION's watermark detector has. Its paddings are symmetric, as
 * in timm's `efficientnet_b3`; its `tf_` models, whose paddings are not, have the same names and shapes and are not told apart.
 */
export const EFFICIENTNET: Family = {
  name: "EfficientNet in timm's layout, with LAION's watermark classifier",
  matches: (tensors) =>
    tensors.has('conv_stem.weight') &&
    tensors.has('blocks.0.0.conv_dw.weight') &&
    CLASSIFIER_STEMS.every((stem) => tensors.has(`${stem}.weight`)),
  read: readEfficientNet,
};

function readEfficientNet(known: Known): ImageNetwork {
  const { tensors } = known;
  refuseConfigOfOthers(known, undefined);
  if (tensors.countBlocks('blocks.') !== STAGES.length)
    throw weightsRefused(tensors.path, `it has not the ${STAGES.length} stages of an EfficientNet`);
  const depths = STAGES.map((_, stage) => tensors.countBlocks(`blocks.${stage}.`));
  const outputs = tensors.shapeOf(`${CLASSIFIER_STEMS.at(-1)}.weight`, 2)[0]!;
  const sizePx = wantedSizePx(known) ?? SIZE_PX;
  return {
    title: `EfficientNet with a classifier, ${depths.reduce((sum, depth) => sum + depth)} blocks`,
    transform: transformOf(known, {
      sizePx,
      resize: 'squash',
      interpolation: 'bilinear',
      ...IMAGENET_COLOURS,
    }),
    output: 'logits',
    dimension: outputs,
    isClassifier: true,
    ...(outputs === LAION_OUTPUTS ? { score: LAION_SCORE } : {}),
    ignores: (name) => name.endsWith('.num_batches_tracked'),
    draw: (graph, pixels) => {
      const stem = drawConvNorm(graph, pixels, tensors, { conv: 'conv_stem', norm: 'bn1', stride: 2 });
      let state = swish(graph, stem);
      for (const [stage, depth] of depths.entries())
        for (let i = 0; i < depth; i++) state = drawBlock(graph, state, tensors, blockAt(tensors, stage, i));
      const head = drawConvNorm(graph, state, tensors, { conv: 'conv_head', norm: 'bn2' });
      return drawClassifier(graph, graph.node('GlobalAveragePool', [swish(graph, head)]), tensors);
    },
  };
}

/** A block of a stage: the parts that it has, and how it reduces the picture. */
interface BlockFacts {
  readonly parts: readonly ConvNames[];
  readonly stem: string;
  /** Whether its input is added to what it gives. */
  readonly isResidual: boolean;
}

/** The first stage's blocks do not widen the picture first (timm's DepthwiseSeparableConv). */
function blockAt(tensors: NamedTensors, stage: number, place: number): BlockFacts {
  const { stride: stageStride, kernel } = STAGES[stage]!;
  const stride = place === 0 ? stageStride : 1;
  const stem = `blocks.${stage}.${place}.`;
  const side = tensors.shapeOf(`${stem}conv_dw.weight`, 4)[3];
  if (side !== kernel)
    throw weightsRefused(
      tensors.path,
      `its stage ${stage} has kernels of ${side}, where an EfficientNet has ${kernel}`,
    );
  const widens = tensors.has(`${stem}conv_pwl.weight`);
  const names: ConvNames[] = widens
    ? [
        { conv: 'conv_pw', norm: 'bn1' },
        { conv: 'conv_dw', norm: 'bn2', stride, isDepthwise: true },
        { conv: 'conv_pwl', norm: 'bn3' },
      ]
    : [
        { conv: 'conv_dw', norm: 'bn1', stride, isDepthwise: true },
        { conv: 'conv_pw', norm: 'bn2' },
      ];
  const parts = names.map(({ conv, norm, ...rest }) => ({ ...rest, conv: stem + conv, norm: stem + norm }));
  const inputs = tensors.shapeOf(`${parts[0]!.conv}.weight`, 4)[widens ? 1 : 0];
  const outputs = tensors.shapeOf(`${parts.at(-1)!.conv}.weight`, 4)[0];
  return { parts, stem, isResidual: stride === 1 && inputs === outputs };
}

/** Squeeze and excitation follows the depthwise convolution, no activation the last one. */
function drawBlock(graph: VisionGraph, input: string, tensors: NamedTensors, block: BlockFacts): string {
  let state = input;
  for (const [i, names] of block.parts.entries()) {
    state = drawConvNorm(graph, state, tensors, names);
    if (i < block.parts.length - 1) state = swish(graph, state);
    if (names.isDepthwise) state = drawSqueezeExcite(graph, state, tensors, `${block.stem}se.`);
  }
  return block.isResidual ? graph.node('Add', [state, input]) : state;
}

function drawClassifier(graph: VisionGraph, pooled: string, tensors: NamedTensors): string {
  let rows = graph.node('Flatten', [pooled]);
  for (const [i, stem] of CLASSIFIER_STEMS.entries()) {
    const [outputs, inputs] = tensors.shapeOf(`${stem}.weight`, 2) as [number, number];
    rows = graph.dense(rows, linear(tensors, [stem], [outputs, inputs]));
    if (i < CLASSIFIER_STEMS.length - 1) rows = graph.node('Relu', [rows]);
  }
  return rows;
}
