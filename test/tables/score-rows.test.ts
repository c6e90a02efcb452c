import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { InputIdentity } from '../../src/samples/input-identity.ts';
import type { Tag } from '../../src/samples/tags.ts';
import { readScoreRows } from '../../src/tables/score-rows.ts';
import { buildShard } from '../helpers/shard-builder.ts';

async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-score-rows-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

/** All rows as [hash, ...scores] and the files that they came from. */
async function readAll(
  t: ExecutionContext,
  paths: readonly string[],
  columns: readonly Tag[],
): Promise<{ rows: (bigint | number)[][]; sources: InputIdentity[] }> {
  const sources: InputIdentity[] = [];
  const options = {
    memoryLimitMb: 128,
    temporaryFolder: await makeFolder(t),
    onSource: (source: InputIdentity) => sources.push(source),
  };
  const rows: (bigint | number)[][] = [];
  for await (const batch of readScoreRows(paths, columns, options)) {
    batch.hashes.forEach((hash, i) => {
      rows.push([hash, ...batch.columns.map((column) => column[i]!)]);
    });
  }
  return { rows, sources };
}

test('Parquet of every published naming gives its hashes and scores, nulls as NaN', async (t) => {
  const folder = await makeFolder(t);
  for (const name of ['aesthetic', 'prediction', 'AESTHETIC_SCORE']) {
    const path = join(folder, `${name}.parquet`);
    await buildShard(path, [
      { hash: -(2n ** 63n), [name]: 6.5, punsafe: 0.25, URL: 'http://a' },
      { hash: 2n ** 63n - 1n, [name]: null, punsafe: 1, URL: 'http://b' },
      { hash: null, [name]: 3, punsafe: 1, URL: 'http://c' },
      { hash: 7n, [name]: 0.1, punsafe: null, URL: 'http://d' },
    ]);
    const { rows, sources } = await readAll(t, [path], ['aesthetic', 'punsafe']);
    t.deepEqual(rows, [
      [-(2n ** 63n), 6.5, 0.25],
      [2n ** 63n - 1n, Number.NaN, 1],
      [7n, Math.fround(0.1), Number.NaN],
    ]);
    t.like(sources[0], { path, rowCount: 4 });
    t.regex(sources[0]!.fingerprint, /^[0-9a-f]{64}$/);
  }
});

test('CSV and TSV, plain or gzipped, are read by their header, columns in any order', async (t) => {
  const folder = await makeFolder(t);
  const lines = ['punsafe,hash,prediction', '0.5,-12,7.25', ',13,', '1,,2'];
  await writeFile(join(folder, 'a.csv'), lines.join('\n'));
  await writeFile(join(folder, 'b.csv.gz'), gzipSync(lines.join('\r\n')));
  await writeFile(join(folder, 'c.tsv'), lines.join('\n').replaceAll(',', '\t'));
  const expected = [
    [-12n, 7.25],
    [13n, Number.NaN],
  ];
  for (const name of ['a.csv', 'b.csv.gz', 'c.tsv'])
    t.deepEqual((await readAll(t, [join(folder, name)], ['aesthetic'])).rows, expected, name);
});

test('of a run folder only the tags are read', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'run.json'), '{}');
  for (const name of ['tags', 'metadata']) {
    await mkdir(join(folder, name));
    await buildShard(join(folder, name, '00000.parquet'), [{ hash: 1n, aesthetic: name === 'tags' ? 5 : 6 }]);
  }
  t.deepEqual((await readAll(t, [folder], ['aesthetic'])).rows, [[1n, 5]]);
});

test('many rows come in batches, none lost', async (t) => {
  const path = join(await makeFolder(t), 'many.csv');
  const count = 150_000;
  const lines = Array.from({ length: count }, (_, i) => `${i},${i % 8}`);
  await writeFile(path, `hash,aesthetic\n${lines.join('\n')}\n`);
  const { rows } = await readAll(t, [path], ['aesthetic']);
  t.is(rows.length, count);
  t.true(rows.every(([hash, score], i) => hash === BigInt(i) && score === i % 8));
});

test('a missing column and a value that is no number are refused by name', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'a.csv');
  await writeFile(path, 'hash,aesthetic\n1,2\n2,lovely\n');
  await t.throwsAsync(readAll(t, [path], ['punsafe']), {
    code: 'BB_COLUMN_MISSING',
    message: /a\.csv has no column punsafe or nsfw_score_opennsfw2\. It has: hash, aesthetic\./,
  });
  await t.throwsAsync(readAll(t, [path], ['aesthetic']), {
    code: 'BB_INPUT_VALUE',
    message: /a\.csv, row 2: .*lovely/,
  });
});
