import type { Transform } from '../../src/decode/transform.ts';

/** CLIP's transform, of a size of one's own. */
export function clip(sizePx: number): Transform {
  return { sizePx, resize: 'short-side', interpolation: 'bicubic' };
}
