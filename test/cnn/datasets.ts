import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { randomBits, uniform } from '../../src/learn/random.ts';

/** A folder that goes when the test ends. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-cnn-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A .npy file as numpy writes it. */
export function npy(descr: string, shape: readonly number[], data: Uint8Array): Buffer {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sides}), }`;
  const padded = `${header.padEnd(64 * Math.ceil((header.length + 11) / 64) - 11)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(padded.length, 8);
  return Buffer.concat([start, Buffer.from(padded, 'latin1'), data]);
}

/** Pictures as `posts dataset` writes them, and what is said of each. */
export interface MadeSplit {
  readonly pixels: Uint8Array;
  readonly labels: readonly number[];
  readonly ids?: readonly string[];
  readonly users?: readonly string[];
}

/** Writes a dataset; gives its folder. */
export async function writeDataset(
  folder: string,
  sidePx: number,
  splits: Readonly<Record<'train' | 'validation' | 'test', MadeSplit>>,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const records: Record<string, unknown> = {};
  for (const [name, { pixels, labels, ids, users }] of Object.entries(splits)) {
    const count = labels.length;
    const files: Record<string, Uint8Array> = {
      [`${name}-images.npy`]: npy('|u1', [count, sidePx, sidePx, 3], pixels),
      [`${name}-labels.npy`]: npy('<f4', [count], new Uint8Array(Float32Array.from(labels).buffer)),
      ...(ids && { [`${name}-ids.txt`]: Buffer.from(ids.map((id) => `${id}\n`).join('')) }),
      ...(users && {
        [`${name}-labels.jsonl`]: Buffer.from(
          users.map((rater) => `${JSON.stringify({ rater })}\n`).join(''),
        ),
      }),
    };
    for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
    records[name] = {
      count,
      images: `${name}-images.npy`,
      labels: `${name}-labels.npy`,
      ...(ids && { ids: `${name}-ids.txt` }),
      ...(users && { feedback: `${name}-labels.jsonl` }),
      sha256: Object.fromEntries(
        Object.entries(files).map(([file, content]) => [
          file,
          createHash('sha256').update(content).digest('hex'),
        ]),
      ),
    };
  }
  const record = {
    ...{ format: 'bowerbird-posts-dataset', version: 1, imageSize: sidePx, channels: 3, splits: records },
    ...{ standardise: 'none', transform: 'log1p', question: 'popularity', seed: 0 },
    ...changes,
  };
  await writeFile(join(folder, 'dataset.json'), JSON.stringify(record));
  return folder;
}

/** The side of the pictures with squares. */
export const SQUARE_SIDE_PX = 12;

/**
 * Pictures with a square, brighter or darker than what lies around it as often: likes grow with its side, which no linear function of pixels tells.
 */
export function squares(name: string, count: number): MadeSplit {
  const bits = randomBits(name);
  const side = SQUARE_SIDE_PX;
  const pixels = new Uint8Array(count * side * side * 3);
  const labels = Array.from({ length: count }, (_, picture) => {
    const size = 2 + Math.floor(uniform(bits) * 7);
    const [left, top] = [0, 0].map(() => Math.floor(uniform(bits) * (side - size + 1))) as [number, number];
    const ground = 100 + Math.floor(uniform(bits) * 56);
    const square = ground + (uniform(bits) < 0.5 ? 80 : -80);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const isInside = x >= left && x < left + size && y >= top && y < top + size;
        const at = ((picture * side + y) * side + x) * 3;
        for (let colour = 0; colour < 3; colour++)
          pixels[at + colour] = (isInside ? square : ground) + Math.floor(uniform(bits) * 9);
      }
    return Math.round(Math.exp(size + uniform(bits)));
  });
  return { pixels, labels };
}
