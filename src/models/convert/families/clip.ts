import { weightsRefused } from '../../../weights/errors.ts';
import { refuseConfigOfOthers } from '../config-fit.ts';
import { activationOf, type Family, headsOf, type ImageNetwork, type Known } from '../family.ts';
import type { NamedTensors } from '../named-tensors.ts';
import { drawPatches, type PatchNames, patchShape } from '../patches.ts';
import { type Block, drawBlocks, type TransformerShape } from '../transformer.ts';
import { CLIP_COLOURS, transformOf, wantedSizePx } from '../transforms.ts';
import { copied, type Dense, joined, linear, type Norm, norm, turned } from '../weight.ts';
import { type BlockSizes, transformersBlock } from './transformers-block.ts';

/** nn.LayerNorm's default, which openai/CLIP and open_clip leave alone; CLIPVisionConfig says the same. */
const EPSILON = 1e-5;

/** Attention heads of the published models by their width (open_clip's model_configs: width over head_width, which is 64 but for the last four). */
const HEADS = { 384: 6, 512: 8, 768: 12, 896: 14, 1024: 16, 1280: 16, 1408: 16, 1664: 16, 1792: 16 };

/** What the two layouts of CLIP's weights call the same parts. */
interface Layout {
  readonly patches: PatchNames;
  readonly firstNorm: string;
  readonly lastNorm: string;
  readonly blocks: string;
  /** Whether a tensor is of the vision part. */
  readonly isVision: (name: string) => boolean;
  readonly block: (tensors: NamedTensors, stem: string, sizes: BlockSizes) => Block;
  readonly mlpOut: (stem: string) => string;
  /** The projection's shape in the file, and the projection. */
  readonly dimension: (tensors: NamedTensors) => number;
  readonly projection: (tensors: NamedTensors, width: number, dimension: number) => Dense;
  readonly interpolates: boolean;
}

const TRANSFORMERS: Layout = {
  patches: {
    kernel: 'vision_model.embeddings.patch_embedding.weight',
    positions: 'vision_model.embeddings.position_embedding.weight',
    positionAxes: 2,
    classToken: 'vision_model.embeddings.class_embedding',
    classAxes: 1,
  },
  firstNorm: 'vision_model.pre_layrnorm',
  lastNorm: 'vision_model.post_layernorm',
  blocks: 'vision_model.encoder.layers.',
  isVision: (name) => name.startsWith('vision_model.') && !name.endsWith('.position_ids'),
  mlpOut: (stem) => `${stem}mlp.fc2.weight`,
  block: transformersBlock,
  dimension: (tensors) => tensors.shapeOf('visual_projection.weight', 2)[0]!,
  projection: (tensors, width, dimension) => ({
    weight: turned(tensors, ['visual_projection.weight'], [dimension, width]),
    bias: undefined,
  }),
  interpolates: true,
};

const OPEN_CLIP: Layout = {
  patches: {
    kernel: 'visual.conv1.weight',
    positions: 'visual.positional_embedding',
    positionAxes: 2,
    classToken: 'visual.class_embedding',
    classAxes: 1,
  },
  firstNorm: 'visual.ln_pre',
  lastNorm: 'visual.ln_post',
  blocks: 'visual.transformer.resblocks.',
  isVision: (name) => name.startsWith('visual.'),
  mlpOut: (stem) => `${stem}mlp.c_proj.weight`,
  block: openClipBlock,
  dimension: (tensors) => tensors.shapeOf('visual.proj', 2)[1]!,
  projection: (tensors, width, dimension) => ({
    weight: copied(tensors, 'visual.proj', [width, dimension]),
    bias: undefined,
  }),
  interpolates: false,
};

/** CLIP as transformers saves it. */
export const CLIP_TRANSFORMERS: Family = {
  name: "CLIP in transformers' layout",
  matches: (tensors) =>
    tensors.has('vision_model.pre_layrnorm.weight') && tensors.has('visual_projection.weight'),
  read: (known) => readClip(known, TRANSFORMERS),
};

/** CLIP as OpenAI and open_clip save it. */
export const CLIP_OPEN: Family = {
  name: "CLIP in open_clip's layout",
  matches: (tensors) =>
    tensors.has('visual.conv1.weight') && tensors.has('visual.transformer.resblocks.0.attn.in_proj_weight'),
  read: (known) => readClip(known, OPEN_CLIP),
};

function readClip(known: Known, layout: Layout): ImageNetwork {
  const { tensors } = known;
  const shape = patchShape(known, layout.patches, wantedSizePx(known));
  const { width, patchPx, gridSide, sizePx } = shape;
  if (!layout.interpolates && Math.floor(sizePx / patchPx) !== gridSide)
    throw weightsRefused(
      tensors.path,
      `its positions are those of ${gridSide} x ${gridSide} patches, and in this layout they are not fitted to images of ${sizePx} pixels`,
    );
  const layers = tensors.countBlocks(layout.blocks);
  refuseConfigOfOthers(known, 'clip', { layers, width, patchPx });
  const dimension = layout.dimension(tensors);
  const transformer: TransformerShape = {
    width,
    heads: headsOf(known, width, HEADS),
    epsilon: known.config.epsilon ?? EPSILON,
    activation: activationOf(known),
  };
  return {
    title: `CLIP vision transformer, ${layers} layers of ${width}, patches of ${patchPx} pixels`,
    transform: transformOf(known, {
      sizePx,
      resize: 'short-side',
      interpolation: 'bicubic',
      ...CLIP_COLOURS,
    }),
    output: 'image_embeds',
    dimension,
    isClassifier: false,
    activation: transformer.activation,
    ignores: (name) => !layout.isVision(name),
    draw: (graph, pixels) => {
      const normOf = (stem: string): Norm => norm(tensors, stem, width);
      const tokens = drawPatches(graph, pixels, known, { shape, names: layout.patches });
      const mlpWidth = tensors.shapeOf(layout.mlpOut(`${layout.blocks}0.`), 2)[1]!;
      const blocks = Array.from({ length: layers }, (_, i) =>
        layout.block(tensors, `${layout.blocks}${i}.`, { width, mlpWidth }),
      );
      const first = graph.norm(tokens, normOf(layout.firstNorm), transformer.epsilon);
      const last = graph.token(drawBlocks(graph, first, blocks, transformer), 0);
      const image = graph.norm(last, normOf(layout.lastNorm), transformer.epsilon);
      return graph.dense(image, layout.projection(tensors, width, dimension));
    },
  };
}

/** A block as open_clip and OpenAI name it: query, key and value are one matrix. */
function openClipBlock(tensors: NamedTensors, stem: string, { width, mlpWidth }: BlockSizes): Block {
  return {
    attentionNorm: norm(tensors, `${stem}ln_1`, width),
    queryKeyValue: {
      weight: turned(tensors, [`${stem}attn.in_proj_weight`], [3 * width, width]),
      bias: joined(tensors, [`${stem}attn.in_proj_bias`], 3 * width),
    },
    attentionOut: linear(tensors, [`${stem}attn.out_proj`], [width, width]),
    mlpNorm: norm(tensors, `${stem}ln_2`, width),
    mlpIn: linear(tensors, [`${stem}mlp.c_fc`], [mlpWidth, width]),
    mlpOut: linear(tensors, [`${stem}mlp.c_proj`], [width, mlpWidth]),
  };
}
