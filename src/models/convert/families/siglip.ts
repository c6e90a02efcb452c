import { activate } from '../activation.ts';
import { refuseConfigOfOthers } from '../config-fit.ts';
import { activationOf, type Family, headsOf, type ImageNetwork, type Known, unstated } from '../family.ts';
import { drawPatches, type PatchNames, type PatchShape, patchShape } from '../patches.ts';
import { drawBlocks, type TransformerShape } from '../transformer.ts';
import { HALF_COLOURS, transformOf, wantedSizePx } from '../transforms.ts';
import type { VisionGraph } from '../vision-graph.ts';
import { linear, norm } from '../weight.ts';
import { type Classifier, classifierOf } from './classifier.ts';
import { drawPooling } from './siglip-pooling.ts';
import { transformersBlock } from './transformers-block.ts';

/** SiglipVisionConfig's default, which all published models keep. */
const EPSILON = 1e-6;

/** Attention heads of the published models by their width: base, large, so400m, giant (their config.json). */
const HEADS = { 768: 12, 1024: 16, 1152: 16, 1536: 16 };

const PATCHES: PatchNames = {
  kernel: 'vision_model.embeddings.patch_embedding.weight',
  bias: 'vision_model.embeddings.patch_embedding.bias',
  positions: 'vision_model.embeddings.position_embedding.weight',
  positionAxes: 2,
};
const BLOCKS = 'vision_model.encoder.layers.';
const LAST_NORM = 'vision_model.post_layernorm';

/**
 * SigLIP, and SigLIP 2 of one resolution, as transformers saves them. With a `classifier`, what it makes of the mean of all tokens
 * is the output (SiglipForImageClassification); without one, what the pooling head gives.
 */
export const SIGLIP: Family = {
  name: "SigLIP in transformers' layout",
  matches: (tensors) => tensors.has(PATCHES.bias!) && tensors.has('vision_model.post_layernorm.weight'),
  read: readSiglip,
};

function readSiglip(known: Known): ImageNetwork {
  const { tensors } = known;
  const shape = patchShape(known, PATCHES, sizeOf(known));
  const { width, patchPx, sizePx } = shape;
  const layers = tensors.countBlocks(BLOCKS);
  refuseConfigOfOthers(known, 'siglip', { layers, width, patchPx });
  const transformer: TransformerShape = {
    width,
    heads: headsOf(known, width, HEADS),
    epsilon: known.config.epsilon ?? EPSILON,
    activation: activationOf(known),
  };
  const interpolation = known.stated.transform?.interpolation ?? known.config.transform?.interpolation;
  if (!interpolation) throw unstated(tensors.path, 'interpolation');
  const classifier = classifierOf(tensors, width);
  const parts = { known, shape, layers, transformer };
  return {
    title: `SigLIP vision transformer${classifier ? ' with a classifier' : ''}, ${layers} layers of ${width}, patches of ${patchPx} pixels`,
    transform: transformOf(known, { sizePx, resize: 'squash', interpolation, ...HALF_COLOURS }),
    output: classifier ? 'logits' : 'image_embeds',
    dimension: classifier?.outputs ?? width,
    isClassifier: classifier !== undefined,
    activation: transformer.activation,
    ignores: (name) => !isNeeded(name, classifier),
    draw: (graph, pixels) => {
      const tokens = drawBody(graph, pixels, parts);
      if (classifier) return graph.dense(meanOf(graph, tokens), classifier.layer);
      return drawPooling(graph, tokens, {
        tensors,
        transformer,
        mlp: (input) => drawMlp(graph, input, parts),
      });
    },
  };
}

/** A grid of 27 patches of 14 pixels belongs to images of 384 pixels as well as of 378: the side must be said. */
function sizeOf(known: Known): number {
  const sizePx = wantedSizePx(known) ?? known.config.imagePx;
  if (sizePx === undefined) throw unstated(known.tensors.path, 'inputSize');
  return sizePx;
}

interface Parts {
  readonly known: Known;
  readonly shape: PatchShape;
  readonly layers: number;
  readonly transformer: TransformerShape;
}

/** All tokens, normalised. */
function drawBody(graph: VisionGraph, pixels: string, { known, shape, layers, transformer }: Parts): string {
  const { tensors } = known;
  const { width, epsilon } = { ...shape, ...transformer };
  const mlpWidth = tensors.shapeOf(`${BLOCKS}0.mlp.fc1.weight`, 2)[0]!;
  const blocks = Array.from({ length: layers }, (_, i) =>
    transformersBlock(tensors, `${BLOCKS}${i}.`, { width, mlpWidth }),
  );
  const tokens = drawPatches(graph, pixels, known, { shape, names: PATCHES });
  return graph.norm(drawBlocks(graph, tokens, blocks, transformer), norm(tensors, LAST_NORM, width), epsilon);
}

/** The pooling head's own MLP. */
function drawMlp(graph: VisionGraph, input: string, { known: { tensors }, transformer }: Parts): string {
  const { width, activation } = transformer;
  const stem = 'vision_model.head.mlp.';
  const mlpWidth = tensors.shapeOf(`${stem}fc1.weight`, 2)[0]!;
  const hidden = activate(graph, input, linear(tensors, [`${stem}fc1`], [mlpWidth, width]), activation);
  return graph.dense(hidden, linear(tensors, [`${stem}fc2`], [width, mlpWidth]));
}

function meanOf(graph: VisionGraph, tokens: string): string {
  return graph.node('ReduceMean', [tokens, graph.integers([1])], { keepdims: { int: 0 } });
}

/** A classifier takes the tokens before the pooling head, which lies in the file all the same. */
function isNeeded(name: string, classifier: Classifier | undefined): boolean {
  if (classifier && name.startsWith('vision_model.head.')) return false;
  return name.startsWith('vision_model.') ? !name.endsWith('.position_ids') : name.startsWith('classifier.');
}
