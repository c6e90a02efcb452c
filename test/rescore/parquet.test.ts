import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { runCli } from '../helpers/run-cli.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { duck } from '../shards/fixtures.ts';
import {
  aestheticHead,
  errorOf,
  headWeights,
  linearScore,
  rescore,
  temporaryFolder,
  writeHead,
} from './setup.ts';

/** Where scripts/make-column-fixtures.py writes. */
const FOLDER = join(packageFolder, 'test/rescore/fixtures/embeddings');
const DIMENSION = 8;
const ROWS = 40;
const BIAS = 5;

for (const name of [
  'half-list',
  'half-fixed',
  'single-list',
  'single-fixed',
  'double-list',
  'double-fixed',
]) {
  test(`embeddings in Parquet, ${name}, are scored as what they are, with the columns beside them`, async (t) => {
    const folder = await temporaryFolder(t);
    const weights = headWeights(1, DIMENSION);
    const head = await writeHead(join(folder, 'head.json'), weights, BIAS);
    const out = join(folder, 'out');
    const input = join(FOLDER, `${name}.parquet`);
    const { outcome } = await rescore([input], out, { heads: [aestheticHead(head)], normalise: false });
    t.is(outcome.state, 'done');
    const tags = await readParquet(join(out, 'tags', '00000.parquet'));
    const rows = await readParquet(join(FOLDER, 'single-list.parquet'));
    t.is(tags.length, ROWS);
    for (const [i, tag] of tags.entries()) {
      t.is(tag['url'], `http://h/${i}.jpg`);
      t.is(tag['embedding'], undefined);
      if (tag['status'] !== 'success') continue;
      const score = linearScore(rows[i]!['embedding'] as number[], weights, BIAS);
      t.true(Math.abs((tag['aesthetic'] as number) - score) < 1e-5, `row ${i}`);
    }
    t.true(tags.filter((tag) => tag['status'] === 'success').length > ROWS / 2);
    t.deepEqual(schemaProblems('run.schema.json', join(out, 'run.json')), []);
  });
}

test('rows without an embedding, or with one of another dimension, fail by name; the others are scored', async (t) => {
  const folder = await temporaryFolder(t);
  const input = join(folder, 'LANGUAGE=en', 'a.parquet');
  await mkdir(join(folder, 'LANGUAGE=en'));
  await duck(
    `COPY (SELECT unnest([[1.0, 0.0], NULL, [1.0], [NULL, 1.0], [0.0, 1.0], [], [1e300, 0.0], [0.6, 0.8, 0.0], [0.6, 0.8]]) AS emb,
       unnest(range(9)) AS hash) TO '${input}' (FORMAT parquet)`,
  );
  const head = await writeHead(join(folder, 'head.json'), [1, 2], 4);
  const out = join(folder, 'out');
  const { outcome } = await rescore([folder], out, { heads: [aestheticHead(head)] });
  t.is(outcome.state === 'done' && outcome.merged.counts.failed_to_embed, 6);
  const tags = await readParquet(join(out, 'tags', '00000.parquet'));
  t.deepEqual(
    tags.map((tag) => tag['aesthetic']),
    [5, null, null, null, 6, null, null, null, Math.fround(0.6 + 1.6 + 4)],
  );
  t.deepEqual(new Set(tags.map((tag) => tag['reason'])), new Set([null, 'embedding_invalid']));
  t.deepEqual([...new Set(tags.map((tag) => tag['LANGUAGE']))], ['en']);
});

test('the column of embeddings is found or named, and anything else is refused before work', async (t) => {
  const folder = await temporaryFolder(t);
  const head = await writeHead(join(folder, 'head.json'), [1, 2], 4);
  const write = async (name: string, columns: string): Promise<string> => {
    const path = join(folder, `${name}.parquet`);
    await duck(`COPY (SELECT ${columns}) TO '${path}' (FORMAT parquet)`);
    return path;
  };
  const heads = [aestheticHead(head)];
  const one = await write('one', '[1.0::FLOAT, 0.0] AS features, 5 AS hash');
  t.is((await rescore([one], join(folder, 'one'), { heads })).outcome.state, 'done');
  const two = await write('two', '[1.0::FLOAT, 0.0] AS x, [0.0::FLOAT, 1.0] AS y');
  t.regex(
    (await errorOf(rescore([two], join(folder, 'two'), { heads }))).message,
    /several columns.*x, y.*--embedding-col/,
  );
  await rescore([two], join(folder, 'two'), { heads, embeddingColumn: 'y' });
  t.is((await readParquet(join(folder, 'two', 'tags', '00000.parquet')))[0]?.['aesthetic'], 6);
  for (const [name, columns, message] of [
    ['integers', '[1, 0] AS embedding', /holds INTEGER\[\], not lists of float16/],
    ['text', "'[1, 0]' AS embedding", /holds VARCHAR/],
    ['none', '5 AS hash', /no column of lists of floats/],
  ] as const) {
    const path = await write(name, columns);
    t.regex((await errorOf(rescore([path], join(folder, 'out'), { heads }))).message, message);
  }
});

test('Parquet and folders of .npy are one run, and the command takes them', async (t) => {
  const folder = await temporaryFolder(t);
  const head = await writeHead(join(folder, 'head.json'), headWeights(1, DIMENSION), BIAS);
  await mkdir(join(folder, 'a', 'img_emb'), { recursive: true });
  await copyFile(join(FOLDER, 'rows.npy'), join(folder, 'a', 'img_emb', 'img_emb_0.npy'));
  const { exitCode, stdout, stderr } = await runCli([
    ...['score', join(folder, 'a'), join(FOLDER, 'half-list.parquet'), '--input-format', 'embeddings'],
    ...['--aesthetic-head', head, '--output-folder', join(folder, 'out'), '--json'],
  ]);
  t.is(exitCode, 0, stderr);
  t.is((JSON.parse(stdout) as { count: number }).count, 2 * ROWS);
  const [npy, parquet] = await Promise.all(
    ['00000', '00001'].map((shard) => readParquet(join(folder, 'out', 'tags', `${shard}.parquet`))),
  );
  t.deepEqual(
    npy!.map((row) => row['aesthetic']),
    parquet!.map((row) => row['aesthetic']),
  );
});
