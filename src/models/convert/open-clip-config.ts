import { isObject, type JsonObject } from '../../base/json-object.ts';
import type { ImageTransform } from '../manifest.ts';
import type { ActivationName } from './activation.ts';
import type { ConfigFacts } from './config-facts.ts';
import { countOf, epsilonOf, refuseOtherFields, tripleOf, wordOf } from './raw-config.ts';

/** What a config may leave out (CLIPVisionCfg of open_clip 3.3, model.py). */
const DEFAULTS: JsonObject = { width: 768, layers: 12, head_width: 64, patch_size: 16, image_size: 224 };

/** nn.LayerNorm's default. */
const DEFAULT_EPSILON = 1e-5;

/** Fields of CLIPVisionCfg that are read, that tensors show, or that mean something in training alone or beside what is refused. */
const KNOWN_FIELDS = new Set([
  ...Object.keys(DEFAULTS),
  ...['mlp_ratio', 'norm_kwargs', 'act_kwargs', 'patch_dropout', 'output_tokens', 'final_ln_after_pool'],
  ...['attn_pooler_queries', 'attn_pooler_heads', 'timm_model_pretrained', 'timm_pool', 'timm_proj'],
  ...['timm_proj_bias', 'timm_drop', 'timm_drop_path', 'timm_model_name'],
]);

/** Fields that make another model of the same tensors, or of more, where they are not open_clip's defaults. */
const DRAWN: Readonly<Record<string, readonly unknown[]>> = {
  ls_init_value: [null],
  attentional_pool: [false],
  no_ln_pre: [false],
  pos_embed_type: ['learnable'],
  pool_type: ['tok'],
  block_type: [null, 'default'],
  qk_norm: [false],
  scaled_cosine_attn: [false],
  scale_heads: [false],
  scale_attn_inner: [false],
  scale_attn: [false],
  scale_fc: [false],
  // Of configs before open_clip 2.24: the mean of all tokens, and a norm of patches before their kernel.
  global_average_pool: [false],
  input_patchnorm: [false],
};

const RESIZES = { shortest: 'short-side', squash: 'squash' } as const;
const INTERPOLATIONS = { bicubic: 'bicubic', bilinear: 'bilinear' } as const;
const APPROXIMATIONS = { none: 'gelu', tanh: 'gelu_tanh' } as const;

/**
 * The `open_clip_config.json` of the hub: `{ model_cfg: { quick_gelu, vision_cfg }, preprocess_cfg }`. Of vision parts that are
 * timm's, only how images are prepared is read: their weights are not recognised.
 *
 * @throws RangeError where it says something that is not drawn here, or that is not known
 */
export function readOpenClip(raw: JsonObject): ConfigFacts {
  const model = isObject(raw['model_cfg']) ? raw['model_cfg'] : {};
  const vision = model['vision_cfg'];
  return {
    ...(isObject(vision) && !vision['timm_model_name']
      ? readVision(vision, model['quick_gelu'] === true)
      : {}),
    ...(isObject(raw['preprocess_cfg']) ? { transform: readPreprocess(raw['preprocess_cfg']) } : {}),
  };
}

function readVision(given: JsonObject, isQuick: boolean): ConfigFacts {
  refuseOtherFields(given, KNOWN_FIELDS, DRAWN);
  const vision: JsonObject = { ...DEFAULTS, ...given };
  const width = countOf(vision, 'width');
  const heads = width / countOf(vision, 'head_width');
  if (!Number.isInteger(heads)) throw new RangeError('its width is no multiple of its head_width');
  return {
    kind: 'clip',
    activation: activationOf(argumentsOf(vision, 'act_kwargs', 'approximate'), isQuick),
    heads,
    epsilon: epsilonIn(argumentsOf(vision, 'norm_kwargs', 'eps')),
    layers: countOf(vision, 'layers'),
    width,
    patchPx: countOf(vision, 'patch_size'),
    imagePx: countOf(vision, 'image_size'),
  };
}

/** The arguments that a layer is made with, of which one alone is known. */
function argumentsOf(vision: JsonObject, field: string, known: string): JsonObject {
  const given = vision[field] ?? {};
  if (!isObject(given)) throw new RangeError(`its ${field} is no object`);
  refuseOtherFields(given, new Set([known]), {});
  return given;
}

function activationOf(given: JsonObject, isQuick: boolean): ActivationName {
  const stated = 'approximate' in given ? wordOf(given, 'approximate', APPROXIMATIONS) : undefined;
  if (!isQuick) return stated ?? 'gelu';
  if (stated) throw new RangeError('its quick_gelu is true, which takes no act_kwargs');
  return 'quick_gelu';
}

function epsilonIn(given: JsonObject): number {
  return 'eps' in given ? epsilonOf(given, 'eps') : DEFAULT_EPSILON;
}

function readPreprocess(raw: JsonObject): Partial<ImageTransform> {
  return {
    ...('mean' in raw ? { mean: tripleOf(raw, 'mean') } : {}),
    ...('std' in raw ? { std: tripleOf(raw, 'std') } : {}),
    ...('interpolation' in raw ? { interpolation: wordOf(raw, 'interpolation', INTERPOLATIONS) } : {}),
    ...('resize_mode' in raw ? { resize: wordOf(raw, 'resize_mode', RESIZES) } : {}),
  };
}
