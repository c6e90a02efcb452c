import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import { hashGrey } from '../../src/decode/phash.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { makePicture } from '../helpers/pictures.ts';
import { clip } from '../helpers/transforms.ts';

interface Expected {
  /** Hexadecimal digits of Python's `imagehash.phash`, by picture. */
  readonly pictures: Readonly<Record<string, string>>;
  /** Conformance vectors of ISO 24138. */
  readonly imageCodes: readonly { readonly greyBase64: string; readonly first64Bits: string }[];
}

// Made by scripts/make-phash-fixtures.py.
const folder = join(packageFolder, 'test', 'decode');
const expected = JSON.parse(readFileSync(join(folder, 'phash-expected.json'), 'utf8')) as Expected;

const decoder = createDecoder({
  transforms: [clip(32)],
  mode: 'exact',
  processes: 1,
  asked: { exif: false, phash: true },
});
test.after.always(() => decoder.stop());

const hexOf = (bits: bigint): string => BigInt.asUintN(64, bits).toString(16).padStart(16, '0');

async function hashOf(bytes: Uint8Array): Promise<string | null> {
  const { facts } = await decoder.decode(bytes);
  return facts?.phash == null ? null : hexOf(BigInt(facts.phash));
}

test("a picture of any kind has the hash of Python's imagehash, to the bit", async (t) => {
  const names = Object.keys(expected.pictures);
  t.true(names.length > 80);
  for (const name of names)
    t.is(await hashOf(readFileSync(join(folder, 'fixtures', name))), expected.pictures[name]!, name);
});

test('32 x 32 grey values have the first 64 bits of their Image-Code of ISO 24138', (t) => {
  t.is(expected.imageCodes.length, 3);
  for (const { greyBase64, first64Bits } of expected.imageCodes)
    t.is(hexOf(hashGrey(Buffer.from(greyBase64, 'base64'))), first64Bits);
});

test('the hash is that of all pixels, whatever the crops are made of, and null of what is no picture', async (t) => {
  const picture = await makePicture(7, 700, 500);
  const fast = createDecoder({
    transforms: [clip(32)],
    mode: 'fast',
    processes: 1,
    asked: { exif: false, phash: true },
  });
  const { facts } = await fast.decode(picture);
  await fast.stop();
  t.is(hexOf(BigInt(facts!.phash!)), (await hashOf(picture))!);
  t.is(await hashOf(picture.subarray(0, 300)), null);
  t.is(await hashOf(Buffer.from('<html>')), null);
});

test('the same picture at half the size or as a WebP differs in a few bits, another in many', async (t) => {
  const [picture, other] = ['jpeg-1024x768.jpg', 'jpeg-500x400.jpg'].map((name) =>
    readFileSync(join(folder, 'fixtures', name)),
  ) as [Buffer, Buffer];
  const half = await sharp(picture).resize(512, 384).jpeg({ quality: 80 }).toBuffer();
  const webp = await sharp(picture).webp({ quality: 60 }).toBuffer();
  const bits = async (bytes: Uint8Array): Promise<bigint> => BigInt(`0x${await hashOf(bytes)}`);
  const own = await bits(picture);
  const distance = (a: bigint): number => (a ^ own).toString(2).replaceAll('0', '').length;
  t.true(distance(await bits(half)) <= 4);
  t.true(distance(await bits(webp)) <= 4);
  t.true(distance(await bits(other)) > 10);
});
