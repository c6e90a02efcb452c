import { sharp } from '../../src/decode/sharp-library.ts';

/** Colour patches under noise, as a JPEG of quality 85: about the bytes per pixel of photographs. */
export async function makeJpeg(width: number, height: number, seed: number): Promise<Buffer> {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  const patches = Uint8Array.from({ length: 24 * 18 * 3 }, random);
  const { data } = await sharp(patches, { raw: { width: 24, height: 18, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let i = 0; i < data.length; i++)
    data[i] = Math.min(Math.max(data[i]! + (random() - 128) / 10, 0), 255);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}
