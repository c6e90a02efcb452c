/** A picture under construction: RGB, 0..1, interleaved; values may leave the range until it is finished. */
export type Picture = Float32Array;

/** The bytes of a picture. */
export function finish(picture: Picture): Uint8Array {
  return new Uint8Array(Uint8ClampedArray.from(picture, (value) => 255 * value).buffer);
}
