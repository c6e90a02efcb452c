import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/base/package.ts';
import type { Rows } from '../../src/check/rows.ts';
import type { GoldenRows } from '../../src/models/golden.ts';

/** Made by scripts/make-golden-fixtures.py. */
export const FIXTURES: string = join(packageFolder, 'test', 'check', 'fixtures');

type NumberRows = readonly (readonly number[])[];

interface Expected {
  /** sha256 in hex of each golden picture's pixels, by the side that a model takes. */
  readonly pictures: Readonly<Record<string, readonly string[]>>;
  /** What torch gives for the golden pictures, by model and mistake. */
  readonly rows: Readonly<Record<string, NumberRows>>;
  /** What torch gives with each activation for `pixels`, which are RGB crops of 8 x 8. */
  readonly exports: Readonly<Record<'pixels' | 'quick_gelu' | 'gelu' | 'gelu_tanh', NumberRows>>;
}

export const EXPECTED = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Expected;

/** Rows of numbers as float32, one after the other. */
export function toRows(rows: NumberRows): Rows {
  return { width: rows[0]!.length, values: Float32Array.from(rows.flat()) };
}

/** Rows as golden ones are stated. */
export function goldenOf(rows: NumberRows): GoldenRows {
  const texts = rows.map((row) => {
    const bytes = Buffer.alloc(4 * row.length);
    for (const [i, value] of row.entries()) bytes.writeFloatLE(value, 4 * i);
    return bytes.toString('base64');
  });
  return { pictures: 1, rows: texts, source: 'torch' };
}
