import { isObject, type JsonObject } from '../../base/json-object.ts';
import type { ImageTransform } from '../manifest.ts';
import type { ConfigFacts } from './config-facts.ts';
import { countOf, tripleOf, wordOf } from './raw-config.ts';

/** Width of an attention head where the config states none (CLIPVisionCfg of open_clip, model.py). */
const DEFAULT_HEAD_WIDTH = 64;

const RESIZES = { shortest: 'short-side', squash: 'squash' } as const;
const INTERPOLATIONS = { bicubic: 'bicubic', bilinear: 'bilinear' } as const;

/**
 * The `open_clip_config.json` of the hub: `{ model_cfg: { quick_gelu, vision_cfg }, preprocess_cfg }`. Vision parts that are not
 * open_clip's own transformer say nothing here; their weights are not recognised.
 *
 * @throws RangeError
 */
export function readOpenClip(raw: JsonObject): ConfigFacts {
  const model = isObject(raw['model_cfg']) ? raw['model_cfg'] : {};
  const vision = isObject(model['vision_cfg']) ? model['vision_cfg'] : {};
  if (!('width' in vision) || 'timm_model_name' in vision) return {};
  const headWidth = 'head_width' in vision ? countOf(vision, 'head_width') : DEFAULT_HEAD_WIDTH;
  const heads = countOf(vision, 'width') / headWidth;
  if (!Number.isInteger(heads)) throw new RangeError('its width is no multiple of its head_width');
  return {
    activation: model['quick_gelu'] === true ? 'quick_gelu' : 'gelu',
    heads,
    ...('image_size' in vision ? { imagePx: countOf(vision, 'image_size') } : {}),
    ...(isObject(raw['preprocess_cfg']) ? { transform: readPreprocess(raw['preprocess_cfg']) } : {}),
  };
}

function readPreprocess(raw: JsonObject): Partial<ImageTransform> {
  return {
    ...('mean' in raw ? { mean: tripleOf(raw, 'mean') } : {}),
    ...('std' in raw ? { std: tripleOf(raw, 'std') } : {}),
    ...('interpolation' in raw ? { interpolation: wordOf(raw, 'interpolation', INTERPOLATIONS) } : {}),
    ...('resize_mode' in raw ? { resize: wordOf(raw, 'resize_mode', RESIZES) } : {}),
  };
}
