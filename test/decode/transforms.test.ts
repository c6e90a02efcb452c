import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { makeCrops, type TransformMode } from '../../src/decode/crops.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import { openers } from '../../src/decode/formats.ts';
import { DEFAULT_LIMITS } from '../../src/decode/limits.ts';
import type { Decoded } from '../../src/decode/outcome.ts';
import type { ImageFormat } from '../../src/decode/sniff.ts';
import type { Transform } from '../../src/decode/transform.ts';
import { clip } from '../helpers/transforms.ts';

const LARGE = clip(224);
const SMALL = clip(96);

function fixture(name: string): Buffer {
  return readFileSync(join(packageFolder, 'test', 'decode', 'fixtures', name));
}

/** One picture of each kind that is resized in its own way, and a wide one. */
const PICTURES = [
  'jpeg-500x400.jpg',
  'jpeg-1999x333.jpg',
  'png-rgba-224.png',
  'tiff-cmyk.tif',
  'png-palette.png',
  'png-grey16.png',
  'webp-500x400.webp',
].map(fixture);

async function decodeAll(
  transforms: readonly Transform[],
  mode: TransformMode,
  pictures: readonly Buffer[] = PICTURES,
): Promise<Decoded[]> {
  const decoder = createDecoder({ transforms, mode, processes: 1 });
  try {
    return await Promise.all(
      pictures.map(async (bytes) => {
        const outcome = await decoder.decode(bytes);
        if (outcome.kind === 'failed') throw new Error(outcome.message);
        return outcome;
      }),
    );
  } finally {
    await decoder.stop();
  }
}

for (const mode of ['exact', 'fast'] as const)
  test(`two ${mode} crops of one image are those of two decoders with one transform each`, async (t) => {
    const both = await decodeAll([LARGE, SMALL], mode);
    const large = await decodeAll([LARGE], mode);
    const small = await decodeAll([SMALL], mode);
    for (const [i, { crops, width, height }] of both.entries()) {
      t.deepEqual(
        crops.map((crop) => crop.length),
        [224 * 224 * 3, 96 * 96 * 3],
      );
      t.true(Buffer.from(crops[0]!).equals(large[i]!.crops[0]!), `picture ${i}`);
      t.true(Buffer.from(crops[1]!).equals(small[i]!.crops[0]!), `picture ${i}`);
      t.deepEqual([width, height], [small[i]!.width, small[i]!.height]);
    }
  });

test('equal transforms share one crop, whatever else their objects hold', async (t) => {
  const withMean = { ...LARGE, mean: [0.5, 0.5, 0.5] };
  const [decoded] = await decodeAll([LARGE, SMALL, withMean], 'exact', [fixture('jpeg-500x400.jpg')]);
  t.is(decoded!.crops.length, 3);
  t.is(decoded!.crops[0], decoded!.crops[2]);
  // The answer of the process holds two crops, not three.
  t.is(decoded!.crops[0]!.buffer.byteLength, (224 * 224 + 96 * 96) * 3);
});

/** Counts how often an opened image is decoded while its crops are made. */
async function countDecodes(
  format: ImageFormat,
  name: string,
  mode: TransformMode,
  takesHash = false,
): Promise<number> {
  const image = await openers[format](fixture(name), DEFAULT_LIMITS);
  let decodes = 0;
  const decode: typeof image.decode = () => {
    decodes++;
    return image.decode();
  };
  const decodeRows: NonNullable<typeof image.decodeRows> = (...args) => {
    decodes++;
    return image.decodeRows!(...args);
  };
  const counted = { ...image, decode, ...(image.decodeRows && { decodeRows }) };
  const { crops } = await makeCrops(counted, [LARGE, SMALL, clip(32)], {
    mode,
    takesHash,
    keepsPixels: false,
  });
  return crops.length === 3 ? decodes : Number.NaN;
}

test('an image is decoded once for all its exact crops and its perceptual hash', async (t) => {
  t.is(await countDecodes('jpeg', 'jpeg-500x400.jpg', 'exact', true), 1);
  t.is(await countDecodes('jpeg', 'jpeg-500x400.jpg', 'fast', true), 1);
  t.is(await countDecodes('jpeg', 'jpeg-500x400.jpg', 'exact'), 1);
  t.is(await countDecodes('png', 'png-palette.png', 'exact'), 1);
  t.is(await countDecodes('jpeg', 'jpeg-500x400.jpg', 'fast'), 0);
});
