/** A picture under construction: RGB, 0..1, interleaved; values may leave the range until it is finished. */
export type Picture = Float32Array;

/** The bytes of a picture. */
export function finish(picture: Picture): Uint8Array {
  const bytes = new Uint8ClampedArray(picture.length);
  for (let i = 0; i < picture.length; i++) bytes[i] = 255 * picture[i]!;
  return new Uint8Array(bytes.buffer);
}
