import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { toFloat16Bits } from '../../src/base/float16.ts';
import { packageFolder } from '../../src/base/package.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { makeFolder, rescore, temporaryFolder } from './setup.ts';

// Made by scripts/make-saved-model-fixtures.py: what TensorFlow gives of the first rows of length 1.
const FOLDER = join(packageFolder, 'test', 'heads', 'saved-models');
const FIRST = 100;
const COUNT = 8;
const { embeddings, scores } = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as {
  embeddings: number[][];
  scores: { encoded: number[] };
};
const expected = scores.encoded.slice(FIRST, FIRST + COUNT);

test('a SavedModel scores stored embeddings as TensorFlow does: missing tags, a column of its own, and with --recompute-tags all', async (t) => {
  const folder = await temporaryFolder(t);
  const values = toFloat16Bits(Float32Array.from(embeddings.slice(FIRST, FIRST + COUNT).flat()));
  const own = expected.map((_, row) => (row % 2 === 0 ? 0.25 : null));
  await makeFolder(folder, embeddings[0]!.length, [
    { number: '0', values, columns: { punsafe: 'DOUBLE' }, rows: own.map((punsafe) => ({ punsafe })) },
  ]);
  const path = join(FOLDER, 'encoded.zip');
  const heads = [{ column: 'punsafe', tag: 'punsafe', path } as const, { column: 'safety', path } as const];
  const run = async (recomputeTags: boolean): Promise<{ punsafe: number; safety: number }[]> => {
    const out = join(folder, `out-${recomputeTags}`);
    await rescore([folder], out, { heads, recomputeTags });
    const { settings } = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as {
      settings: { recompute_tags: boolean | null };
    };
    t.is(settings.recompute_tags, recomputeTags || null);
    return (await readParquet(join(out, 'tags', '00000.parquet'))) as { punsafe: number; safety: number }[];
  };
  const isClose = (value: number, row: number): boolean =>
    Math.abs(value - expected[row]!) <= 1e-6 * expected[row]!;
  for (const [row, { punsafe, safety }] of (await run(false)).entries()) {
    t.true(own[row] === null ? isClose(punsafe, row) : punsafe === own[row]);
    t.true(isClose(safety, row));
  }
  for (const [row, { punsafe }] of (await run(true)).entries()) t.true(isClose(punsafe, row));
});
