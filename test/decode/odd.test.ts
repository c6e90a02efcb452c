import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import type { Decoded, DecodeFailure } from '../../src/decode/outcome.ts';
import { clip } from '../helpers/transforms.ts';
import { DIFFERENCES } from './odd-differences.ts';

/** What Pillow and torchvision made of a file. */
interface Expected {
  /** The exception that Pillow raised. */
  readonly refused?: string;
  /** Not given to Pillow: it would need gigabytes. */
  readonly notTried?: true;
  readonly width?: number;
  readonly height?: number;
  readonly sha256?: string;
  /** Of an AVIF: 8 x 8 x 3 means of the crop, base64. */
  readonly blockMeans?: string;
}

// Made by scripts/make-odd-images.py.
const folder = join(packageFolder, 'test', 'decode', 'odd');
const { size, images } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
  size: number;
  images: Record<string, Expected>;
};

const decoder = createDecoder({ transforms: [clip(size)], mode: 'exact', processes: 2, timeoutMs: 600_000 });
test.after.always(() => decoder.stop());

const BLOCKS = 8;
const BLOCK_TOLERANCE_LEVELS = 5;

for (const room of new Set(Object.keys(images).map((name) => name.slice(0, name.indexOf('/'))))) {
  const names = Object.keys(images).filter((name) => name.startsWith(`${room}/`));
  test(`${names.length} odd files (${room}) are decoded or refused as Pillow does, but for what is listed`, async (t) => {
    const verdicts = await Promise.all(
      names.map(async (name) =>
        verdictOf(await decoder.decode(readFileSync(join(folder, name))), images[name]!),
      ),
    );
    const wanted = names.map((name) => DIFFERENCES[name]?.ours ?? usualVerdict(images[name]!));
    t.deepEqual(
      Object.fromEntries(names.map((name, i) => [name, verdicts[i]])),
      Object.fromEntries(names.map((name, i) => [name, wanted[i]])),
    );
  });
}

test('the odd files are many, and all that are listed as different exist', (t) => {
  t.true(Object.keys(images).length >= 450);
  for (const name of Object.keys(DIFFERENCES)) t.true(name in images, name);
});

function usualVerdict({ refused, blockMeans, sha256 }: Expected): string {
  if (refused) return 'refused';
  return blockMeans ? 'close' : sha256!;
}

/** In the same words as `usualVerdict`, where the outcomes agree. */
function verdictOf(outcome: Decoded | DecodeFailure, expected: Expected): string {
  if (outcome.kind === 'failed') return expected.refused ? 'refused' : outcome.reason;
  if (expected.refused) return 'decoded';
  const { width, height } = outcome;
  const crop = outcome.crops[0]!;
  if (width !== expected.width || height !== expected.height) return `${width} x ${height}`;
  if (expected.blockMeans) return isClose(crop, Buffer.from(expected.blockMeans, 'base64')) ? 'close' : 'far';
  const sha256 = createHash('sha256').update(crop).digest('hex');
  return sha256 === expected.sha256 || !listedAsDecoded(expected) ? sha256 : 'decoded';
}

function listedAsDecoded(expected: Expected): boolean {
  return Object.entries(DIFFERENCES).some(
    ([name, { ours }]) => ours === 'decoded' && images[name] === expected,
  );
}

function isClose(crop: Uint8Array, means: Buffer): boolean {
  const side = size / BLOCKS;
  return means.every((mean, i) => {
    const [block, channel] = [Math.trunc(i / 3), i % 3];
    const [top, left] = [Math.trunc(block / BLOCKS) * side, (block % BLOCKS) * side];
    let sum = 0;
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++) sum += crop[(y * size + x) * 3 + channel]!;
    return Math.abs(sum / side ** 2 - mean) <= BLOCK_TOLERANCE_LEVELS;
  });
}
