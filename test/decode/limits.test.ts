import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import { checkLimits, DEFAULT_LIMITS, type ImageLimits } from '../../src/decode/limits.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { clip } from '../helpers/transforms.ts';
import { blackPng, claimingTiff, gifScreen, repeatLastScan } from './crafted.ts';

const decoder = createDecoder({ transforms: [clip(224)], mode: 'exact', processes: 1 });
test.after.always(() => decoder.stop());

function read(...path: string[]): Buffer {
  return readFileSync(join(packageFolder, 'test', 'decode', ...path));
}

async function reasonFor(bytes: Uint8Array): Promise<string> {
  const outcome = await decoder.decode(bytes);
  return outcome.kind === 'failed' ? outcome.reason : 'decoded';
}

function refusal(
  width: number,
  height: number,
  fileBytes: number,
  limits: Partial<ImageLimits> = {},
): string | undefined {
  try {
    checkLimits({ width, height }, fileBytes, { ...DEFAULT_LIMITS, ...limits });
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

test('each limit is kept to the pixel, and is named', (t) => {
  t.is(refusal(8000, 8000, 9_000), undefined);
  t.is(refusal(8000, 8001, 9_000), 'image area too large: more than 64000000 pixels');
  t.is(refusal(8000, 8001, 9_000, { maxAreaPx: 64_008_000 }), undefined);
  t.is(refusal(65_535, 60, 9_000), undefined);
  t.is(refusal(65_536, 60, 9_000), 'image side too long: more than 65535 pixels');
  t.is(refusal(3, 30_000, 9_000), undefined);
  t.is(refusal(3, 30_001, 9_000), 'aspect ratio too large: more than 10000');
  t.is(refusal(5000, 4000, 2_000), undefined);
  t.is(refusal(5000, 4000, 1_999), 'image too compressed: more than 10000 pixels per byte');
  t.is(refusal(4096, 4096, 30), undefined);
  t.is(refusal(64, 63, 900, { minSidePx: 63 }), undefined);
  t.is(refusal(64, 63, 900, { minSidePx: 64 }), 'image too small: a side of less than 64 pixels');
});

test('an image whose sides are as the limit of their ratio is kept, whatever a double makes of that limit', (t) => {
  t.is(1.15 * 100 < 115, true, 'why this is looked at');
  t.is(refusal(115, 100, 900, { maxAspectRatio: 1.15 }), undefined);
  t.is(refusal(100, 115, 900, { maxAspectRatio: 1.15 }), undefined);
  t.is(refusal(116, 100, 900, { maxAspectRatio: 1.15 }), 'aspect ratio too large: more than 1.15');
});

test('of several limits that an image breaks, the first in the order of img2dataset is named', (t) => {
  const limits = { minSidePx: 20, maxAreaPx: 500, maxAspectRatio: 2 };
  t.is(refusal(100, 10, 900, limits), 'image too small: a side of less than 20 pixels');
  t.is(refusal(100, 20, 900, limits), 'image area too large: more than 500 pixels');
  t.is(refusal(100, 20, 900, { ...limits, maxAreaPx: 2000 }), 'aspect ratio too large: more than 2');
});

test('files of few bytes that would cost much are refused by their headers', async (t) => {
  const progressive = read('fixtures', 'jpeg-420-progressive.jpg');
  t.deepEqual(
    {
      webp: await reasonFor(read('odd', 'webp', 'bomb-63mp.webp')),
      avif: await reasonFor(read('odd', 'avif', 'bomb-60mp.avif')),
      strip: await reasonFor(read('odd', 'png', 'bomb-1x9000000.png')),
      gifScreen: await reasonFor(gifScreen(8000, 7900)),
      gifLargest: await reasonFor(gifScreen(65_535, 65_535)),
      scans: await reasonFor(repeatLastScan(progressive, 20_000)),
      tiffArea: await reasonFor(claimingTiff({ 256: 2_000_000_000, 257: 1 })),
      tiffTile: await reasonFor(claimingTiff({ 256: 10, 257: 10, 322: 65_536, 323: 65_536 })),
      icon: await reasonFor(read('odd', 'ico', 'bomb-png.ico')),
      bmp: await reasonFor(read('odd', 'bmp', 'bomb-claimed.bmp')),
    },
    {
      webp: 'image_too_compressed',
      avif: 'image_too_compressed',
      strip: 'image_side_too_long',
      gifScreen: 'image_too_compressed',
      gifLargest: 'image_too_large',
      scans: 'image_too_many_parts',
      tiffArea: 'image_too_large',
      tiffTile: 'image_too_large',
      icon: 'image_too_large',
      bmp: 'image_too_large',
    },
  );
});

test('what only looks like it is decoded: a large picture of one colour, a bomb in a text, many comments', async (t) => {
  const background = '#305070';
  const solid = sharp({ create: { width: 4000, height: 4000, channels: 3, background } });
  t.is(await reasonFor(await solid.clone().webp({ lossless: true }).toBuffer()), 'decoded');
  t.is(await reasonFor(await solid.clone().png().toBuffer()), 'decoded');
  t.is(await reasonFor(blackPng(7000, 5000)), 'decoded');
  t.is(await reasonFor(read('odd', 'png', 'bomb-ztxt.png')), 'decoded');
  t.is(await reasonFor(gifScreen(8, 8, 100_000)), 'decoded');
});

test('neighbours in the same process are unharmed by what is refused', async (t) => {
  const crashes: string[] = [];
  const shared = createDecoder({
    transforms: [clip(224)],
    mode: 'exact',
    processes: 1,
    onCrash: ({ code }) => crashes.push(code),
  });
  t.teardown(() => shared.stop());
  const honest = read('fixtures', 'jpeg-500x400.jpg');
  const bombs = [
    read('odd', 'webp', 'bomb-63mp.webp'),
    read('odd', 'avif', 'bomb-60mp.avif'),
    read('odd', 'png', 'bomb-1x9000000.png'),
    read('odd', 'png', 'bomb-itxt.png'),
    read('odd', 'gif', 'bomb-screen-65535.gif'),
    read('odd', 'tiff', 'bomb-strips.tif'),
  ];
  const alone = await shared.decode(honest);
  const pids = [...shared.pids];
  const outcomes = await Promise.all(bombs.flatMap((bomb) => [shared.decode(bomb), shared.decode(honest)]));
  for (const outcome of outcomes.filter((_, i) => i % 2 === 1)) t.deepEqual(outcome, alone);
  t.deepEqual(shared.pids, pids);
  t.deepEqual(crashes, []);
});

test('an image of more than 64 megapixels is decoded where it is asked for', async (t) => {
  const large = createDecoder({
    transforms: [clip(224)],
    mode: 'exact',
    processes: 1,
    limits: { maxAreaPx: 90_000_000 },
  });
  t.teardown(() => large.stop());
  const outcome = await large.decode(blackPng(9_000, 9_000));
  t.like(outcome, { kind: 'decoded', width: 9_000, height: 9_000 });
});
