import { readFileSync } from 'node:fs';
import test from 'ava';
import { ByteBudget } from '../../src/base/byte-budget.ts';
import { decodeImage } from '../../src/decode/decode-image.ts';
import { DEFAULT_LIMITS } from '../../src/decode/limits.ts';
import { saveGeometry } from '../../src/decode/save-geometry.ts';
import type { ResizeMode, SaveOptions } from '../../src/decode/save-options.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { makePicture } from '../helpers/pictures.ts';

/** What img2dataset's resizer.py made of images, by size and settings; 0 x 0 where it failed. */
type Geometry = [number, number, ResizeMode, boolean, number, number, number];
const GEOMETRIES = JSON.parse(
  readFileSync(new URL('../../../test/decode/fixtures/save-geometry.json', import.meta.url), 'utf8'),
) as Geometry[];

const PLAIN: SaveOptions = {
  ...{ resizeMode: 'no', sizePx: 64, onlyIfBigger: false },
  ...{ format: 'png', quality: 6, skipReencode: false },
};

async function save(bytes: Buffer, options: Partial<SaveOptions> = {}) {
  return decodeImage(bytes, {
    ...{ transforms: [], mode: 'exact', limits: DEFAULT_LIMITS, budget: new ByteBudget(1e9) },
    saving: { ...PLAIN, ...options },
  });
}

/** The image that is saved, and its pixels. */
async function saved(bytes: Buffer, options: Partial<SaveOptions> = {}) {
  const outcome = await save(bytes, options);
  if (outcome.kind !== 'decoded' || !outcome.saved) throw new Error(JSON.stringify(outcome));
  const { data, info } = await sharp(outcome.saved.bytes).raw().toBuffer({ resolveWithObject: true });
  return { ...outcome.saved, data, info };
}

test('all modes give the sizes that img2dataset gives; where it fails because a side rounds to none, the side is one pixel', (t) => {
  t.true(GEOMETRIES.length > 500);
  for (const [width, height, resizeMode, onlyIfBigger, sizePx, madeWidth, madeHeight] of GEOMETRIES) {
    const made = saveGeometry({ width, height }, { resizeMode, onlyIfBigger, sizePx, skipReencode: false });
    const failed = madeWidth === 0;
    if (failed) t.is(Math.min(made.resized.width, made.resized.height), 1);
    t.deepEqual(
      failed ? [0, 0] : [made.width, made.height],
      [madeWidth, madeHeight],
      JSON.stringify([width, height, resizeMode, onlyIfBigger, sizePx]),
    );
  }
});

test('a strip that is thinner than a pixel once it is resized is saved one pixel wide', async (t) => {
  const strip = await makePicture(1, 1, 300);
  t.like((await saved(strip, { resizeMode: 'keep_ratio_largest', sizePx: 112 })).info, {
    width: 1,
    height: 112,
  });
  t.like((await saved(strip, { resizeMode: 'border', sizePx: 112 })).info, { width: 112, height: 112 });
});

test('a crop is cut from the middle and a border is white, with the odd pixel to the right and below', async (t) => {
  const red = { r: 200, g: 10, b: 10 };
  const wide = await sharp({ create: { width: 101, height: 30, channels: 3, background: red } })
    .png()
    .toBuffer();
  const { data, info } = await saved(wide, { resizeMode: 'border', sizePx: 101 });
  t.like(info, { width: 101, height: 101 });
  const rowIsWhite = (y: number): boolean => data[3 * 101 * y] === 255 && data[3 * 101 * y + 1] === 255;
  t.is(
    Array.from({ length: 101 }, (_, y) => y).findIndex((y) => !rowIsWhite(y)),
    35,
  );
  t.true(rowIsWhite(34) && !rowIsWhite(64) && rowIsWhite(65), '35 white rows above, 36 below');
  t.like((await saved(wide, { resizeMode: 'center_crop', sizePx: 30 })).info, { width: 30, height: 30 });
});

test('an enlarged image lies where it lay: a symmetric one stays symmetric, and rows are computed in any number at a time', async (t) => {
  const side = 9;
  const values = Array.from({ length: side }, (_, at) => (at === 4 ? 255 : 20 * Math.abs(at - 4)));
  const grey = Buffer.from(Array.from({ length: side * side }, (_, at) => values[at % side]!));
  const lines = await sharp(grey, { raw: { width: side, height: side, channels: 1 } })
    .png()
    .toBuffer();
  for (const image of [lines, await sharp(lines).rotate(90).png().toBuffer()]) {
    const { data, info } = await saved(image, { resizeMode: 'keep_ratio', sizePx: 2101 });
    t.like(info, { width: 2101, height: 2101, channels: 3 });
    const at = (x: number, y: number): number => data[3 * (y * info.width + x)]!;
    for (const place of [0, 100, 500, 900, 1049]) {
      t.is(at(place, 700), at(2100 - place, 700));
      t.is(at(700, place), at(700, 2100 - place));
    }
    t.true(at(1050, 1050) > 240);
  }
});

test('alpha lies over white, and an orientation tag is neither followed nor kept', async (t) => {
  const half = await sharp({
    create: { width: 2, height: 1, channels: 4, background: { r: 0, g: 100, b: 200, alpha: 0.5 } },
  })
    .png()
    .toBuffer();
  const alpha = (await sharp(half).raw().toBuffer())[3]! / 255;
  const { data, info } = await saved(half);
  t.is(info.channels, 3);
  t.deepEqual(
    [...data.subarray(0, 3)],
    [0, 100, 200].map((value) => Math.round(alpha * value + 255 - 255 * alpha)),
  );
  const turned = await sharp(await makePicture(1))
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const plain = await saved(turned, { format: 'jpg', quality: 95 });
  t.like(plain, { width: 96, height: 72 });
  t.is((await sharp(plain.bytes).metadata()).orientation, undefined);
});

test('a file that needs no change keeps its bytes where that is asked for', async (t) => {
  const picture = await makePicture(2);
  const kept = { format: 'jpg', quality: 95, skipReencode: true } as const;
  t.like(await save(picture, kept), { kind: 'decoded', format: 'jpeg', saved: undefined });
  t.like(await save(picture, { ...kept, resizeMode: 'keep_ratio', sizePx: 80, onlyIfBigger: true }), {
    saved: undefined,
  });
  t.like((await save(picture, { ...kept, format: 'webp' })) as object, { kind: 'decoded' });
  t.is((await saved(picture, { ...kept, format: 'webp' })).format, 'webp');
  t.is((await saved(picture, { ...kept, resizeMode: 'keep_ratio' })).width, 85);
});

test('an image that the format cannot hold fails under its reason', async (t) => {
  const strip = await sharp({ create: { width: 4000, height: 4, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  t.like(await save(strip, { resizeMode: 'keep_ratio', sizePx: 64, format: 'webp' }), {
    reason: 'image_not_encodable',
    message: 'it cannot be saved as webp of 64000 x 64 pixels: at most 16383 pixels on a side',
  });
  t.like((await saved(strip, { resizeMode: 'keep_ratio', sizePx: 67, format: 'png', quality: 6 })).info, {
    width: 67_000,
    height: 67,
  });
  t.like(await save(strip, { resizeMode: 'keep_ratio', sizePx: 800, format: 'png', quality: 6 }), {
    reason: 'image_not_encodable',
    message: 'it cannot be saved as png of 800000 x 800 pixels: at most 64000000 pixels',
  });
  const cropped = await saved(strip, { resizeMode: 'center_crop', sizePx: 64, format: 'webp', quality: 95 });
  t.like(cropped.info, { width: 64, height: 64 }, 'what is cut away need not fit');
});
