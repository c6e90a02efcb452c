import { isObject, type JsonObject } from '../../base/json-object.ts';
import type { ImageTransform } from '../manifest.ts';
import type { ConfigFacts } from './config-facts.ts';
import { countOf, tripleOf, wordOf } from './raw-config.ts';

/** Pillow's numbers of its filters (PIL/Image.py, Resampling). */
const FILTERS = { 2: 'bilinear', 3: 'bicubic' } as const;

/** Steps that every transform here has: a processor that leaves one out makes other pixels. */
const STEPS = ['do_resize', 'do_rescale', 'do_normalize'];
const PIXEL_SCALE = 1 / 255;
const SCALE_TOLERANCE = 1e-9;

/**
 * The `preprocessor_config.json` of transformers' image processors.
 *
 * @throws RangeError where it does something that no transform here does
 */
export function readProcessor(raw: JsonObject): ConfigFacts {
  for (const step of STEPS) if (raw[step] === false) throw new RangeError(`its ${step} is false`);
  if ('rescale_factor' in raw && Math.abs(Number(raw['rescale_factor']) - PIXEL_SCALE) > SCALE_TOLERANCE)
    throw new RangeError('its rescale_factor is not 1/255');
  return {
    transform: {
      ...readGeometry(raw),
      ...('resample' in raw ? { interpolation: wordOf(raw, 'resample', FILTERS) } : {}),
      ...('image_mean' in raw ? { mean: tripleOf(raw, 'image_mean') } : {}),
      ...('image_std' in raw ? { std: tripleOf(raw, 'image_std') } : {}),
    },
  };
}

/**
 * The `processor_config.json` of transformers, which since its version 5 holds the image processor's own among others.
 *
 * @throws RangeError as `readProcessor`
 */
export function readCombinedProcessor(raw: JsonObject): ConfigFacts {
  return isObject(raw['image_processor']) ? readProcessor(raw['image_processor']) : {};
}

type Geometry = Pick<Partial<ImageTransform>, 'resize' | 'sizePx' | 'shortSidePx'>;

/** `size` is one number, `{ shortest_edge }` or `{ height, width }`; the crop may be smaller. */
function readGeometry(raw: JsonObject): Geometry {
  const size = raw['size'];
  if (size === undefined) return {};
  const crops = raw['do_center_crop'] === true;
  const cropPx = crops && raw['crop_size'] !== undefined ? sideOf(raw['crop_size'], 'crop_size') : undefined;
  if (isObject(size) && !('shortest_edge' in size)) {
    const sizePx = sideOf(size, 'size');
    if (cropPx !== undefined && cropPx !== sizePx)
      throw new RangeError('it crops after it has resized both sides');
    return { resize: 'squash', sizePx };
  }
  const shortSidePx = isObject(size) ? countOf(size, 'shortest_edge') : countOf(raw, 'size');
  if (!crops) throw new RangeError('it does not crop to a square');
  const sizePx = cropPx ?? shortSidePx;
  if (sizePx > shortSidePx) throw new RangeError('its crop_size is larger than its size');
  return { resize: 'short-side', sizePx, shortSidePx };
}

function sideOf(value: unknown, field: string): number {
  if (!isObject(value)) return countOf({ [field]: value }, field);
  const height = countOf(value, 'height');
  if (countOf(value, 'width') !== height) throw new RangeError(`its ${field} is no square`);
  return height;
}
