import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { SharedBytes } from '../../src/base/shared-blocks.ts';
import { createDecoder, type Decoder } from '../../src/decode/decoder.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { clip } from '../helpers/transforms.ts';

const SIZE = 224;

function fixture(name: string): Buffer {
  return readFileSync(join(packageFolder, 'test', 'decode', 'fixtures', name));
}

async function cropOf(decoder: Decoder, bytes: Uint8Array): Promise<Uint8Array> {
  const outcome = await decoder.decode(bytes);
  if (outcome.kind === 'failed') throw new Error(outcome.message);
  return outcome.crops[0]!;
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

test('the fast transform shows the same part of the image, with other pixels', async (t) => {
  const exact = createDecoder({ transforms: [clip(SIZE)], mode: 'exact', processes: 1 });
  const fast = createDecoder({ transforms: [clip(SIZE)], mode: 'fast', processes: 1 });
  t.teardown(() => Promise.all([exact.stop(), fast.stop()]));
  for (const name of ['jpeg-1024x768.jpg', 'jpeg-1999x333.jpg', 'png-grey.png', 'webp-500x400.webp']) {
    const [a, b] = await Promise.all([exact, fast].map((decoder) => cropOf(decoder, fixture(name))));
    t.is(b!.length, SIZE * SIZE * 3);
    const difference = meanDifference(a!, b!);
    t.true(difference > 0 && difference < 4, `${name}: ${difference}`);
    t.true(meanDifference(a!, Uint8Array.from(b!).reverse()) > 10, name);
  }
});

test('the fast transform leaves extreme shapes to the exact one', async (t) => {
  const limits = { maxAspectRatio: 60_000 };
  const fast = createDecoder({ transforms: [clip(SIZE)], mode: 'fast', processes: 1, limits });
  t.teardown(() => fast.stop());
  const strip = await sharp({ create: { width: 60_000, height: 1, channels: 3, background: '#204060' } })
    .png()
    .toBuffer();
  const crop = await cropOf(fast, strip);
  t.deepEqual([...new Set(crop)], [0x20, 0x40, 0x60]);
});

test('a thumbnail is a WebP of the crop', async (t) => {
  const decoder = createDecoder({ transforms: [clip(SIZE)], mode: 'exact', processes: 1 });
  t.teardown(() => decoder.stop());
  const crop = await cropOf(decoder, fixture('jpeg-500x400.jpg'));
  const thumbnail = await decoder.thumbnail(crop, { width: 160, height: 160 });
  t.like(await sharp(thumbnail).metadata(), { format: 'webp', width: 160, height: 160 });
  const shown = await sharp(thumbnail).resize(SIZE, SIZE).removeAlpha().raw().toBuffer();
  t.true(meanDifference(shown, crop) < 12);
});

test('an AVIF is decoded', async (t) => {
  const decoder = createDecoder({ transforms: [clip(SIZE)], mode: 'exact', processes: 1 });
  t.teardown(() => decoder.stop());
  const background = { r: 200, g: 100, b: 50 };
  const avif = await sharp({ create: { width: 300, height: 230, channels: 3, background } })
    .avif()
    .toBuffer();
  const crop = await cropOf(decoder, avif);
  const [r, g, b] = crop.subarray(0, 3);
  t.true(Math.max(Math.abs(r! - 200), Math.abs(g! - 100), Math.abs(b! - 50)) <= 3);
});

test('many images share few processes, and each gets its own crop', async (t) => {
  const decoder = createDecoder({
    transforms: [clip(32)],
    mode: 'exact',
    processes: 2,
    concurrencyPerProcess: 3,
  });
  t.teardown(() => decoder.stop());
  const greys = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      sharp({ create: { width: 40 + i, height: 50, channels: 3, background: { r: i, g: i, b: i } } })
        .png()
        .toBuffer(),
    ),
  );
  const outcomes = await Promise.all(greys.map((bytes) => decoder.decode(bytes)));
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.kind === 'failed') return t.fail(outcome.message);
    t.is(outcome.width, 40 + i);
    t.true(outcome.crops[0]!.every((value) => value === i));
  }
  t.is(decoder.queued, 0);
});

test('crops that are shared are those that come along, and come along where no room is left for them', async (t) => {
  const transforms = [clip(SIZE), clip(100), clip(SIZE)];
  const decoder = createDecoder({ transforms, mode: 'exact', processes: 1, sharedImages: 1 });
  t.teardown(() => decoder.stop());
  const file = fixture('jpeg-500x400.jpg');
  const plain = await decoder.decode(file);
  const shared = await decoder.decodeToShare(file);
  const alongside = await decoder.decodeToShare(file);
  if (plain.kind === 'failed' || shared.kind === 'failed' || alongside.kind === 'failed') return t.fail();
  const bytesOf = (crop: Uint8Array | SharedBytes): Uint8Array =>
    crop instanceof SharedBytes ? crop.read() : crop;
  for (const { crops } of [shared, alongside])
    for (const [i, crop] of crops.entries())
      t.true(Buffer.from(plain.crops[i]!).equals(bytesOf(crop)), `crop ${i}`);
  t.true(alongside.crops.every((crop) => crop instanceof Uint8Array));
  if (decoder.blocks === undefined) return;
  t.true(shared.crops.every((crop) => crop instanceof SharedBytes));
  shared.release();
  const failed = await decoder.decodeToShare(file.subarray(0, 2000));
  t.is(failed.kind, 'failed');
  const again = await decoder.decodeToShare(file);
  t.true(again.kind === 'decoded' && again.crops[0] instanceof SharedBytes);
});
