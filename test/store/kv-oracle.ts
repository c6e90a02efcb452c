import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/base/package.ts';

/** Where scripts/make-static-kv-fixtures.py writes. */
export const KV_FIXTURES: string = join(packageFolder, 'test/store/fixtures/static-kv');

/** A row with its scores by name; NaN = null. */
export interface KvRow {
  readonly hash: bigint;
  readonly scores: Readonly<Record<string, number>>;
}

/** The rows of the fixtures, sorted by hash. */
export function fixtureRows(): KvRow[] {
  const [head, ...lines] = readFileSync(join(KV_FIXTURES, 'rows.csv'), 'utf8').trimEnd().split('\n');
  const [, ...names] = head!.split(',');
  return lines
    .map((line) => {
      const [hash, ...texts] = line.split(',');
      const scores = texts.map((text) =>
        text === '' ? Number.NaN : Number(text.replace('inf', 'Infinity')),
      );
      return { hash: BigInt(hash!), scores: Object.fromEntries(names.map((name, i) => [name, scores[i]!])) };
    })
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

/** The value of float16 bits, by the definition of the format. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

const MAGNITUDES = Float64Array.from({ length: 0x7c00 }, (_, bits) => halfValue(bits));

/** The float16 bits nearest to a finite number, found by bisection among all of them; of two as near, the even one. */
export function nearestHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  let low = 0;
  let high = MAGNITUDES.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (MAGNITUDES[middle]! <= magnitude) low = middle;
    else high = middle;
  }
  // What would follow the greatest float16 stands for overflow.
  const next = low + 1 < MAGNITUDES.length ? MAGNITUDES[low + 1]! : 65536;
  const below = magnitude - MAGNITUDES[low]!;
  const above = next - magnitude;
  return sign | (below < above || (below === above && low % 2 === 0) ? low : low + 1);
}

/** The records of rows, put together byte by byte. */
export function packRows(rows: readonly KvRow[], names: readonly string[], letter: 'e' | 'f'): Buffer {
  const size = letter === 'e' ? 2 : 4;
  return Buffer.concat(
    rows
      .filter(({ scores }) => names.every((name) => !Number.isNaN(scores[name])))
      .map(({ hash, scores }) => {
        const record = Buffer.alloc(8 + size * names.length);
        record.writeBigInt64LE(hash, 0);
        for (const [i, name] of names.entries()) {
          const score = scores[name]!;
          if (letter === 'f') record.writeFloatLE(score, 8 + 4 * i);
          else
            record.writeUInt16LE(
              Number.isFinite(score) ? nearestHalf(score) : 0x7c00 | (score < 0 ? 0x8000 : 0),
              8 + 2 * i,
            );
        }
        return record;
      }),
  );
}
