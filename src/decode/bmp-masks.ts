/** The masks of 32 bits that Pillow knows: red, green, blue, alpha. None at all stands for BGRA. */
export const MASKS_32: readonly (readonly number[])[] = [
  [0xff0000, 0xff00, 0xff, 0],
  [0xff000000, 0xff0000, 0xff00, 0],
  [0xff000000, 0xff00, 0xff, 0],
  [0xff000000, 0xff0000, 0xff00, 0xff],
  [0xff, 0xff00, 0xff0000, 0xff000000],
  [0xff0000, 0xff00, 0xff, 0xff000000],
  [0xff000000, 0xff00, 0xff, 0xff0000],
  [0, 0, 0, 0],
];
export const BGRX = MASKS_32[0]!;
export const BGRA = MASKS_32[5]!;
export const MASKS_565 = [0xf800, 0x7e0, 0x1f];
export const MASKS_555 = [0x7c00, 0x3e0, 0x1f];
export const MASK_BYTES = [0xff, 0xff00, 0xff0000, 0xff000000];

/** Whether the masks give an alpha channel in Pillow's eyes. */
export function masksHaveAlpha(masks: readonly number[]): boolean {
  return masks[3] !== 0 || masks.every((mask) => mask === 0);
}

/** Whether the masks are among those known. */
export function isOneOf(masks: readonly number[], known: readonly (readonly number[])[]): boolean {
  return known.some((each) => masks.every((mask, i) => mask === each[i]));
}
