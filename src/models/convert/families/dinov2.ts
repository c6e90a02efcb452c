import { WeightsError } from '../../../weights/errors.ts';
import { refuseConfigOfOthers } from '../config-fit.ts';
import { activationOf, type Family, headsOf, type ImageNetwork, type Known } from '../family.ts';
import type { NamedTensors } from '../named-tensors.ts';
import { drawPatches, type PatchNames, type PatchShape, patchShape } from '../patches.ts';
import { type Block, drawBlocks, type TransformerShape } from '../transformer.ts';
import { IMAGENET_COLOURS, transformOf, wantedSizePx } from '../transforms.ts';
import type { VisionGraph } from '../vision-graph.ts';
import { copied, linear, norm } from '../weight.ts';
import { classifierOf } from './classifier.ts';

/** Dinov2Config's default, which all published models keep. */
const EPSILON = 1e-6;

/** Attention heads of the published models by their width: small, base, large (their config.json). */
const HEADS = { 384: 6, 768: 12, 1024: 16 };

/** What its processor asks for: 224 of 256 pixels (facebook/dinov2-base, preprocessor_config.json); positions are fitted from images of 518. */
const CROP_PX = 224;
const SHORT_SIDE_PER_CROP = 256 / 224;

/** What stands before all names in a model that is part of another. */
const WRAPPER = 'dinov2.';
const KERNEL = 'embeddings.patch_embeddings.projection.weight';

/**
 * DINOv2 as transformers saves it, without registers. The class token is the embedding; with a `classifier`, what it makes of class
 * token and mean of patches is the output (Dinov2ForImageClassification).
 */
export const DINOV2: Family = {
  name: "DINOv2 in transformers' layout",
  matches: (tensors) =>
    ['', WRAPPER].some(
      (prefix) =>
        tensors.has(prefix + KERNEL) && tensors.has(`${prefix}encoder.layer.0.layer_scale1.lambda1`),
    ),
  read: readDinov2,
};

function readDinov2(known: Known): ImageNetwork {
  const { tensors } = known;
  const prefix = tensors.has(KERNEL) ? '' : WRAPPER;
  const names = patchNames(prefix);
  const shape = patchShape(known, names, wantedSizePx(known) ?? CROP_PX);
  const { width, patchPx, sizePx } = shape;
  const layers = tensors.countBlocks(`${prefix}encoder.layer.`);
  refuseGated(tensors, prefix);
  refuseConfigOfOthers(known, 'dinov2', { layers, width, patchPx });
  const transformer: TransformerShape = {
    width,
    heads: headsOf(known, width, HEADS),
    epsilon: known.config.epsilon ?? EPSILON,
    activation: activationOf(known),
  };
  const classifier = classifierOf(tensors, 2 * width);
  return {
    title: `DINOv2 vision transformer${classifier ? ' with a classifier' : ''}, ${layers} layers of ${width}, patches of ${patchPx} pixels`,
    transform: transformOf(known, {
      sizePx,
      resize: 'short-side',
      shortSidePx: Math.round(sizePx * SHORT_SIDE_PER_CROP),
      interpolation: 'bicubic',
      ...IMAGENET_COLOURS,
    }),
    output: classifier ? 'logits' : 'image_embeds',
    dimension: classifier?.outputs ?? width,
    isClassifier: classifier !== undefined,
    activation: transformer.activation,
    ignores: (name) => name === `${prefix}embeddings.mask_token`,
    draw: (graph, pixels) => {
      const tokens = drawBody(graph, pixels, { known, prefix, names, shape, layers, transformer });
      const first = graph.token(tokens, 0);
      if (!classifier) return first;
      const both = graph.node('Concat', [first, meanOfPatches(graph, tokens)], { axis: { int: 1 } });
      return graph.dense(both, classifier.layer);
    },
  };
}

/** The giant has another MLP than the others (`use_swiglu_ffn` of Dinov2Config). */
function refuseGated(tensors: NamedTensors, prefix: string): void {
  const tensor = `${prefix}encoder.layer.0.mlp.weights_in.weight`;
  if (!tensors.has(tensor)) return;
  const { path } = tensors;
  throw new WeightsError(
    'BB_WEIGHTS_UNKNOWN',
    `The weights ${path} are DINOv2 with SwiGLU MLPs (use_swiglu_ffn), as the giant has them, which is not converted. Export ` +
      'it to ONNX instead (docs/encoders.md).',
    { fields: { path, family: DINOV2.name, tensor } },
  );
}

function patchNames(prefix: string): PatchNames {
  return {
    kernel: prefix + KERNEL,
    bias: `${prefix}embeddings.patch_embeddings.projection.bias`,
    positions: `${prefix}embeddings.position_embeddings`,
    positionAxes: 3,
    classToken: `${prefix}embeddings.cls_token`,
    classAxes: 3,
  };
}

interface Body {
  readonly known: Known;
  readonly prefix: string;
  readonly names: PatchNames;
  readonly shape: PatchShape;
  readonly layers: number;
  readonly transformer: TransformerShape;
}

/** All tokens, normalised. */
function drawBody(graph: VisionGraph, pixels: string, body: Body): string {
  const { known, prefix, names, shape, layers, transformer } = body;
  const blocks = Array.from({ length: layers }, (_, i) => readBlock(body, `${prefix}encoder.layer.${i}.`));
  const tokens = drawPatches(graph, pixels, known, { shape, names });
  const last = norm(known.tensors, `${prefix}layernorm`, shape.width);
  return graph.norm(drawBlocks(graph, tokens, blocks, transformer), last, transformer.epsilon);
}

function readBlock({ known: { tensors }, transformer: { width } }: Body, stem: string): Block {
  const mlpWidth = tensors.shapeOf(`${stem}mlp.fc1.weight`, 2)[0]!;
  return {
    attentionNorm: norm(tensors, `${stem}norm1`, width),
    queryKeyValue: linear(
      tensors,
      ['query', 'key', 'value'].map((part) => `${stem}attention.attention.${part}`),
      [width, width],
    ),
    attentionOut: linear(tensors, [`${stem}attention.output.dense`], [width, width]),
    attentionScale: copied(tensors, `${stem}layer_scale1.lambda1`, [width]),
    mlpNorm: norm(tensors, `${stem}norm2`, width),
    mlpIn: linear(tensors, [`${stem}mlp.fc1`], [mlpWidth, width]),
    mlpOut: linear(tensors, [`${stem}mlp.fc2`], [width, mlpWidth]),
    mlpScale: copied(tensors, `${stem}layer_scale2.lambda1`, [width]),
  };
}

function meanOfPatches(graph: VisionGraph, tokens: string): string {
  const [start, end, axis] = [[1], [Number.MAX_SAFE_INTEGER], [1]].map((values) => graph.integers(values));
  const patches = graph.node('Slice', [tokens, start!, end!, axis!]);
  return graph.node('ReduceMean', [patches, graph.integers([1])], { keepdims: { int: 0 } });
}
