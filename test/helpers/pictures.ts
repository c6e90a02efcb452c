import { sharp } from '../../src/decode/sharp-library.ts';

/** Seeded noise of 32-bit integers (Numerical Recipes' generator). */
function randomBytes(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}

/** A small picture that depends on its seed alone: a tinted gradient with some noise, as a JPEG. */
export async function makePicture(seed: number, width = 96, height = 72): Promise<Buffer> {
  const random = randomBytes(seed);
  const [red, green, blue, grain] = [random(), random(), random(), (random() & 63) + 1];
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const noise = random() % grain;
      pixels[i++] = Math.min(255, ((red * x) / width + noise) | 0);
      pixels[i++] = Math.min(255, ((green * y) / height + noise) | 0);
      pixels[i++] = Math.min(255, ((blue * (x + y)) / (width + height) + noise) | 0);
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}
