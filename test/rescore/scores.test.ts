import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { measureRows } from '../../src/rescore/sample-rows.ts';
import { hashTexts } from '../../src/samples/hash.ts';
import { decodePartials } from '../../src/tables/partials.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { duck } from '../shards/fixtures.ts';
import {
  aestheticHead,
  halfRows,
  headWeights,
  linearScore,
  makeFolder,
  rescore,
  rowsOf,
  temporaryFolder,
  unitRows,
  writeHead,
} from './setup.ts';

const DIMENSION = 96;
const BIAS = 4.25;
const BUCKETS = ['below', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'above'];

/** The bucket of a score, counted out. */
function bucketOf(score: number): string {
  if (score < 0) return 'below';
  return score >= 10 ? 'above' : BUCKETS[1 + Math.trunc(score)]!;
}

function closeTo(value: number, expected: number, relative: number): boolean {
  return Math.abs(value - expected) <= relative * Math.max(Math.abs(expected), 1e-300);
}

test('scores, buckets and means are those of a float64 loop', async (t) => {
  const folder = await temporaryFolder(t);
  const dimension = 32;
  // More than one batch and more than one block, over two files.
  const files = [halfRows(1, 66_000, dimension), halfRows(2, 1234, dimension)];
  await makeFolder(folder, dimension, [
    { number: '0', values: files[0]!.halves },
    { number: '1', values: files[1]!.halves },
  ]);
  const weights = headWeights(3, dimension);
  const head = await writeHead(join(folder, 'head.json'), weights, BIAS);
  const out = join(folder, 'out');
  const { outcome } = await rescore([folder], out, { heads: [aestheticHead(head)], minAesthetic: 5 });
  t.is(outcome.state, 'done');

  const sums = new Map(
    BUCKETS.map((name) => [name, { count: 0, scores: 0, rows: new Array<number>(dimension).fill(0) }]),
  );
  for (const [shard, { rows }] of files.entries()) {
    const tags = await readParquet(join(out, 'tags', `0000${shard}.parquet`));
    t.is(tags.length, rows.length);
    for (const [i, row] of rows.entries()) {
      const score = linearScore(row, weights, BIAS);
      const tag = tags[i]!;
      if (Math.abs((tag['aesthetic'] as number) - score) > 1e-6 || tag['kept'] !== Math.fround(score) > 5) {
        t.fail(`row ${i} of file ${shard}: ${score} became ${tag['aesthetic']}, kept ${tag['kept']}`);
        return;
      }
      const sum = sums.get(bucketOf(Math.fround(score)))!;
      sum.count++;
      sum.scores += score;
      for (let j = 0; j < dimension; j++) sum.rows[j]! += row[j]!;
    }
    t.is(tags[5]!['key'], `0000${shard}0000005`);
    t.is(tags[rows.length - 1]!['caption'], `row ${rows.length - 1} of file ${shard}`);
  }
  t.true([...sums.values()].filter(({ count }) => count > 0).length >= 5, 'several buckets are used');
  const buckets = outcome.state === 'done' ? outcome.merged.buckets : [];
  for (const { name, count, meanScore, rawMean } of buckets) {
    const sum = sums.get(name)!;
    t.is(count, sum.count, name);
    if (count === 0) continue;
    t.true(closeTo(meanScore!, sum.scores / count, 1e-10), `${name}: ${meanScore}`);
    for (let j = 0; j < dimension; j++)
      t.true(closeTo(rawMean![j]!, sum.rows[j]! / count, 1e-10), `${name} ${j}`);
  }
  t.deepEqual(schemaProblems('run.schema.json', join(out, 'run.json')), []);
  t.deepEqual(schemaProblems('shard-stats.schema.json', join(out, 'stats', '00000_stats.json')), []);
  t.deepEqual(schemaProblems('buckets.schema.json', join(out, 'buckets.json')), []);
});

test('odd rows are failed rows under a name, and do not touch the others', async (t) => {
  const folder = await temporaryFolder(t);
  const { halves } = halfRows(5, 100, DIMENSION);
  const row = (index: number): Uint16Array => halves.subarray(index * DIMENSION, (index + 1) * DIMENSION);
  row(10).fill(0);
  row(20)[3] = 0x7e00;
  row(30)[95] = 0xfc00;
  row(40).fill(0x3c00);
  row(99).fill(0x0001);
  await makeFolder(folder, DIMENSION, [{ number: '0', values: halves }]);
  const weights = headWeights(1, DIMENSION);
  const head = await writeHead(join(folder, 'head.json'), weights, BIAS);
  const out = join(folder, 'out');
  const { outcome } = await rescore([folder], out, { heads: [aestheticHead(head)] });
  const tags = await readParquet(join(out, 'tags', '00000.parquet'));
  const failed = tags.flatMap((tag, i) =>
    tag['status'] === 'success' ? [] : [[i, tag['reason'], tag['aesthetic']]],
  );
  t.deepEqual(failed, [
    [10, 'embedding_invalid', null],
    [20, 'embedding_invalid', null],
    [30, 'embedding_invalid', null],
    [40, 'embedding_not_unit', null],
    [99, 'embedding_not_unit', null],
  ]);
  const counts = outcome.state === 'done' ? outcome.merged.counts : undefined;
  t.deepEqual(
    [counts?.successes, counts?.failed_to_embed, counts?.reasons],
    [95, 5, { embedding_invalid: 3, embedding_not_unit: 2 }],
  );
  for (const [i, values] of rowsOf(halves, DIMENSION).entries()) {
    if (tags[i]!['status'] !== 'success') continue;
    t.true(Math.abs((tags[i]!['aesthetic'] as number) - linearScore(values, weights, BIAS)) < 1e-6);
  }
  const partials = decodePartials(await readFile(join(out, 'partials', '00000.arrow')));
  t.is(
    partials.reduce((sum, { count }) => sum + count, 0),
    95,
  );
  t.true(partials.every(({ embeddingSum }) => embeddingSum.every(Number.isFinite)));
});

test('embeddings that were never normalised are refused before any work, and scored with --normalize', async (t) => {
  const folder = await temporaryFolder(t);
  const long = unitRows(6, 300, DIMENSION).map((value, i) => value * (3 + Math.floor(i / DIMENSION) / 100));
  await makeFolder(folder, DIMENSION, [{ number: '0', values: long }]);
  const weights = headWeights(1, DIMENSION);
  const head = await writeHead(join(folder, 'head.json'), weights, BIAS);
  await t.throwsAsync(rescore([folder], join(folder, 'refused'), { heads: [aestheticHead(head)] }), {
    code: 'BB_HEAD_MISMATCH',
    message: /img_emb_0\.npy .*not normalised.*--normalize/s,
  });
  const out = join(folder, 'out');
  await rescore([folder], out, { heads: [aestheticHead(head)], normalise: true });
  const tags = await readParquet(join(out, 'tags', '00000.parquet'));
  for (const [i, tag] of tags.entries()) {
    const row = [...long.subarray(i * DIMENSION, (i + 1) * DIMENSION)];
    const score = linearScore(row, weights, 0) / Math.hypot(...row) + BIAS;
    t.true(Math.abs((tag['aesthetic'] as number) - score) < 1e-6, `row ${i}`);
  }
});

test('a row of length 1 within a thousandth is scored, and one that is further off is not', async (t) => {
  const folder = await temporaryFolder(t);
  const lengths = [0.9988, 0.9992, 1, 1.0008, 1.0012];
  const rows = Float32Array.from(lengths.flatMap((length) => [length, ...Array(DIMENSION - 1).fill(0)]));
  // Unit rows before them, so that the sample that is looked at first is of length 1 for the most part.
  const values = Float32Array.of(...unitRows(8, 100, DIMENSION), ...rows);
  await makeFolder(folder, DIMENSION, [{ number: '0', values }]);
  const head = await writeHead(join(folder, 'head.json'), headWeights(1, DIMENSION), BIAS);
  const out = join(folder, 'out');
  await rescore([folder], out, { heads: [aestheticHead(head)] });
  const tags = await readParquet(join(out, 'tags', '00000.parquet'));
  t.deepEqual(
    tags.slice(100).map(({ reason }) => reason ?? null),
    ['embedding_not_unit', null, null, null, 'embedding_not_unit'],
  );
});

test('of sampled rows, those are of length 1 that are so within a thousandth', (t) => {
  const rows = [0, 0.9988, 0.9992, 1, 1.0008, 1.0012].map((length) => Float32Array.of(0, length));
  t.deepEqual(measureRows(rows), { measured: 5, notUnit: 2, firstLength: Math.fround(0.9988) });
});

test("hashes are the metadata's own, or those of URL and caption; its tags count, and its columns pass through", async (t) => {
  const folder = await temporaryFolder(t);
  const { halves } = halfRows(7, 3, DIMENSION);
  await makeFolder(folder, DIMENSION, [
    {
      number: '0',
      values: halves,
      columns: {
        url: 'VARCHAR',
        caption: 'VARCHAR',
        hash: 'BIGINT',
        punsafe: 'DOUBLE',
        aesthetic: 'DOUBLE',
        key: 'VARCHAR',
      },
      rows: [
        { url: 'u0', caption: 'é', hash: -5n, punsafe: 0.9, aesthetic: 1.5, key: 'k0' },
        { url: 'u1', caption: null, hash: null, punsafe: 0.1, aesthetic: null, key: 'k1' },
        { url: null, caption: '\uFEFFc', hash: null, punsafe: null, aesthetic: 9, key: null },
      ],
    },
  ]);
  const head = await writeHead(join(folder, 'head.json'), headWeights(1, DIMENSION), BIAS);
  const out = join(folder, 'out');
  await rescore([folder], out, { heads: [aestheticHead(head)], missingTags: 'drop' });
  const tags = await readParquet(join(out, 'tags', '00000.parquet'));
  const [second, third] = hashTexts([Buffer.from('u1'), Buffer.from('\uFEFFc')]);
  t.deepEqual(
    tags.map((tag) => tag['hash']),
    [-5n, second, third],
  );
  t.deepEqual(
    tags.map((tag) => tag['dropped_by']),
    ['punsafe', null, 'punsafe_missing'],
  );
  t.deepEqual(
    tags.map((tag) => tag['input_aesthetic']),
    [1.5, null, 9],
  );
  t.deepEqual(
    tags.map((tag) => tag['input_key']),
    ['k0', 'k1', null],
  );
  t.deepEqual(
    tags.map((tag) => tag['url']),
    ['u0', 'u1', null],
  );

  const bare = join(folder, 'bare');
  await rescore([folder], bare, { heads: [aestheticHead(head)], scoresOnly: true });
  const [first] = await readParquet(join(bare, 'tags', '00000.parquet'));
  t.is(first!['hash'], -5n);
  t.false('url' in first! || 'input_key' in first!, 'the columns of the metadata stay out');
});

test('rows and metadata stay together over many row groups of the metadata', async (t) => {
  const folder = await temporaryFolder(t);
  const rowCount = 20_000;
  const { halves, rows } = halfRows(8, rowCount, 8);
  await makeFolder(folder, 8, [{ number: '0', values: halves, rows: [] }]);
  await duck(
    `COPY (SELECT i AS place, CASE WHEN i % 7 > 0 THEN 'row ' || i END AS caption FROM range(${rowCount}) AS t(i))
     TO '${join(folder, 'metadata', 'metadata_0.parquet')}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  const weights = headWeights(1, 8);
  const head = await writeHead(join(folder, 'head.json'), weights, BIAS);
  await rescore([folder], join(folder, 'out'), { heads: [aestheticHead(head)] });
  const tags = await readParquet(join(folder, 'out', 'tags', '00000.parquet'));
  const wrong = tags.filter((tag, i) => {
    const score = linearScore(rows[i]!, weights, BIAS);
    const caption = i % 7 > 0 ? `row ${i}` : null;
    const isRight = tag['place'] === BigInt(i) && tag['caption'] === caption;
    return !isRight || Math.abs((tag['aesthetic'] as number) - score) > 1e-6;
  });
  t.is(tags.length, rowCount);
  t.deepEqual(wrong, []);
});
