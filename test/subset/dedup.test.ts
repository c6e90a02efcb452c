import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { encodeNpy } from '../../src/base/npy.ts';
import { readDedup } from '../../src/subset/dedup-options.ts';
import { EmbeddingLeaders } from '../../src/subset/embedding-leaders.ts';
import { findFollowers, type Leaders } from '../../src/subset/leaders.ts';
import type { SubsetOptions } from '../../src/subset/options.ts';
import { PhashLeaders } from '../../src/subset/phash-leaders.ts';
import { runSubset } from '../../src/subset/subset.ts';
import type { SubsetSummary } from '../../src/subset/summary.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { duck } from '../shards/fixtures.ts';
import {
  bestFirst,
  cosineOf,
  DIMENSION,
  distanceOf,
  keptByBruteForce,
  makePictureRows,
  type PictureRow,
  writePictures,
} from './dedup-world.ts';
import { makeFolder, optionsOf, readSubset } from './world.ts';

const rows = makePictureRows(1200, 11);

type IsNear = (a: PictureRow, b: PictureRow) => boolean;

const sameAs =
  (column: 'URL' | 'hash' | 'sha256'): IsNear =>
  (a, b) =>
    a[column] !== null && a[column] !== 'none' && a[column] === b[column];

const within =
  (distance: number): IsNear =>
  (a, b) =>
    a.phash !== null && b.phash !== null && distanceOf(a.phash, b.phash) <= distance;

const alike =
  (cosine: number): IsNear =>
  (a, b) =>
    a.embedding !== null && b.embedding !== null && cosineOf(a.embedding, b.embedding) >= cosine;

const CASES: readonly (readonly [string, IsNear])[] = [
  ['url', sameAs('URL')],
  ['hash', sameAs('hash')],
  ['sha256', sameAs('sha256')],
  ['phash:0', within(0)],
  ['phash', within(4)],
  ['phash:7', within(7)],
  ['embedding', alike(0.95)],
];

async function subsetOf(
  folder: string,
  changes: Partial<SubsetOptions>,
): Promise<{ ids: number[]; summary: SubsetSummary }> {
  const outputFolder = join(folder, `out-${Math.random()}`);
  const { summary } = await runSubset(optionsOf(folder, { outputFolder, ...changes }));
  for (const { kept, input, droppedBy } of summary.subsets)
    if (kept + Object.values(droppedBy).reduce((a, b) => a + b, 0) !== input) throw new Error('books');
  const problems = schemaProblems('subset.schema.json', join(outputFolder, 'subset.json'));
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const written = summary.subsets.length === 1 ? await readSubset(outputFolder) : [];
  return { ids: written.map(({ id }) => id as number), summary };
}

test('of near rows the best stays, by whatever they are compared, as when each is compared with every kept one', async (t) => {
  const folder = await makeFolder(t);
  await writePictures(folder, rows);
  for (const [text, isNear] of CASES) {
    const expected = keptByBruteForce(rows, isNear);
    t.true(expected.length < rows.length * 0.99, `${text} has something to drop`);
    const { ids, summary } = await subsetOf(folder, { dedup: readDedup(text)! });
    t.deepEqual(ids, expected, text);
    const [part] = summary.subsets;
    t.is(part!.droppedBy.dedup, rows.length - expected.length, text);
    t.is(part!.keptWithoutKey, rows.filter(({ phash }) => phash === null).length, text);
  }
});

test('a picture that the rules drop stands for nobody, each cut and bucket by itself, and the books sum', async (t) => {
  const folder = await makeFolder(t);
  await writePictures(folder, rows);
  const passes = (row: PictureRow, from: number, to = Number.POSITIVE_INFINITY): boolean =>
    row.aesthetic !== null && row.aesthetic > from && row.aesthetic < to && row.punsafe! < 0.5;
  const kept = (from: number, to?: number): number =>
    keptByBruteForce(
      rows.filter((row) => row.punsafe !== null && passes(row, from, to)),
      within(4),
    ).length;
  const { summary } = await subsetOf(folder, {
    dedup: { by: 'phash', distance: 4 },
    maxPunsafe: 0.5,
    selections: [
      { name: 'aesthetic_4', kind: 'above', lower: 4 },
      { name: 'aesthetic_7', kind: 'above', lower: 7 },
      { name: 'bucket_5', kind: 'bucket', lower: 5, upper: 6 },
    ],
  });
  t.deepEqual(
    summary.subsets.map((part) => part.kept),
    [kept(4), kept(7), kept(4.99, 6)],
  );
  t.true(summary.subsets.every(({ droppedBy }) => droppedBy.dedup > 0));
});

test('rows without a score come last, and without the tag that a rule asks for only where they are kept', async (t) => {
  const folder = await makeFolder(t);
  await writePictures(folder, rows);
  const { ids, summary } = await subsetOf(folder, {
    dedup: { by: 'sha256' },
    maxPunsafe: 0.5,
    missingTags: 'keep',
  });
  const passing = rows.filter(({ punsafe }) => punsafe === null || punsafe < 0.5);
  t.deepEqual(ids, keptByBruteForce(passing, sameAs('sha256')));
  const left = new Set(ids);
  const untagged = passing.filter(({ id, punsafe }) => left.has(id) && punsafe === null);
  t.is(summary.subsets[0]!.keptWithoutTag.punsafe, untagged.length);
});

test('scores of a tag table decide, and hashes that are computed count as those of a column', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'metadata');
  await mkdir(path);
  await duck(
    `COPY (SELECT 'http://host/' || (i % 50) AS URL, 'text' AS TEXT, i AS id FROM range(200) AS r(i)) TO '${join(path, 'a.parquet')}' (FORMAT parquet)`,
  );
  const { ids } = await subsetOf(folder, { dedup: { by: 'hash' } });
  t.deepEqual(ids.map(Number), [...Array(50).keys()], 'without scores the first stays');
});

test('no two groups differ for the room that there is, nor for the number of hashes', async (t) => {
  const folder = await makeFolder(t);
  const hashed = bestFirst(rows).filter(({ phash }) => phash !== null);
  const records = new Uint32Array(hashed.length * 4);
  const numbers = new BigInt64Array(records.buffer);
  for (const [i, { id, phash }] of hashed.entries()) numbers.set([BigInt(id), phash!], 2 * i);
  for (const distance of [1, 4, 6]) {
    const expected = keptByBruteForce(hashed, within(distance));
    for (const expectedRows of [10, 1e6, 1e9]) {
      const index = new PhashLeaders(distance, expectedRows, 1e6);
      const kept = await keptOf(folder, records, roomFor(index, 100));
      t.deepEqual(kept, expected, `${distance} bits, cut for ${expectedRows}`);
    }
  }
});

/** The same leaders with room for so many. */
function roomFor(leaders: Leaders, most: number): Leaders {
  let count = 0;
  return {
    words: leaders.words,
    get isFull() {
      return count === most;
    },
    isNear: (...record) => leaders.isNear(...record),
    add(...record) {
      count++;
      leaders.add(...record);
    },
    clear() {
      count = 0;
      leaders.clear();
    },
  };
}

test('a sieve of embeddings rules out none that is near, however few directions they have and whatever the room', async (t) => {
  const folder = await makeFolder(t);
  for (const directions of [64, 24]) {
    const embeddings = manyEmbeddings(1500, directions);
    const records = new Uint32Array(embeddings.length * 66);
    const floats = new Float32Array(records.buffer);
    for (const [i, embedding] of embeddings.entries()) {
      records[i * 66] = i;
      floats.set(embedding, i * 66 + 2);
    }
    const leaders = new EmbeddingLeaders(COSINE, 64, 4e6);
    const kept = await keptOf(folder, records, roomFor(leaders, 1100));
    t.true(kept.length > 1100, 'there are more than the sieve is made of, and than there is room for');
    t.true(kept.length < 1450);
    t.deepEqual(kept, keptEmbeddings(embeddings), `${directions} directions`);
  }
});

const COSINE = 0.95;

/** Embeddings of length 1 in 64 dimensions, of which every fifth is more or less near to the one before it. */
function manyEmbeddings(count: number, directions: number): Float32Array[] {
  const random = randomNumbers(7);
  const embeddings: Float32Array[] = [];
  for (let i = 0; i < count; i++) {
    const before = i % 5 === 4 ? embeddings[i - 1] : undefined;
    const values = Array.from({ length: 64 }, (_, d) => (d < directions ? random() - 0.5 : 0));
    const share = 0.2 + 0.3 * random();
    const mixed = before
      ? values.map((value, d) => before[d]! + (share * value * 2) / Math.sqrt(directions / 3))
      : values;
    const length = Math.hypot(...mixed);
    embeddings.push(Float32Array.from(mixed, (value) => value / length));
  }
  return embeddings;
}

/** Each is compared with every kept one before it. */
function keptEmbeddings(embeddings: readonly Float32Array[]): number[] {
  const kept: number[] = [];
  for (const [i, own] of embeddings.entries()) {
    if (!kept.some((leader) => cosineOf(own, embeddings[leader]!) >= COSINE)) kept.push(i);
  }
  return kept;
}

async function keptOf(folder: string, records: Uint32Array, leaders: Leaders): Promise<number[]> {
  async function* source(): AsyncGenerator<Uint32Array> {
    yield records;
  }
  const tools = {
    spillFolder: folder,
    onProgress: () => undefined,
    rowCount: records.length / leaders.words,
  };
  const followers = await findFollowers(source(), leaders, tools);
  const dropped = new Set<number>();
  for (const words of followers.read(0)) for (let at = 0; at < words.length; at += 2) dropped.add(words[at]!);
  followers.close();
  const ids = Array.from({ length: tools.rowCount }, (_, i) => records[i * leaders.words]!);
  return ids.filter((id) => !dropped.has(id)).sort((a, b) => a - b);
}

test('embeddings of a run folder are those of its scored rows, and what is damaged is refused', async (t) => {
  const folder = await makeFolder(t);
  const run = join(folder, 'run');
  await mkdir(join(run, 'tags'), { recursive: true });
  await mkdir(join(run, 'img_emb'));
  await writeFile(join(run, 'run.json'), '{}');
  const some = rows.filter(({ embedding }) => embedding !== null).slice(0, 300);
  const halves: { row: PictureRow; isScored: boolean }[] = some.map((row, i) => ({
    row,
    isScored: i % 3 > 0,
  }));
  for (const [shard, part] of [halves.slice(0, 100), halves.slice(100)].entries()) {
    const cells = part
      .map(
        ({ row: { id, aesthetic, URL }, isScored }) =>
          `(${id}, '${URL}', ${Number.isNaN(aesthetic) ? "'nan'" : aesthetic}::FLOAT, '${isScored ? 'success' : 'failed_to_download'}')`,
      )
      .join(', ');
    await duck(
      `COPY (SELECT * FROM (VALUES ${cells}) AS t(id, url, aesthetic, status)) TO '${join(run, 'tags', `0000${shard}.parquet`)}' (FORMAT parquet)`,
    );
    const scored = part.filter(({ isScored }) => isScored).map(({ row }) => row.embedding!);
    const data = Float32Array.from(scored.flatMap((vector) => [...vector]));
    const npy = encodeNpy('float16', [scored.length, DIMENSION], data);
    await writeFile(join(run, 'img_emb', `img_emb_0000${shard}.npy`), npy);
  }
  const { ids, summary } = await subsetOf(folder, {
    metadata: [run],
    dedup: { by: 'embedding', cosine: 0.9 },
    columns: ['id'],
  });
  const scored = halves.filter(({ isScored }) => isScored).map(({ row }) => row);
  t.deepEqual(ids, keptByBruteForce(scored, alike(0.9)));
  t.is(summary.subsets[0]!.droppedBy.status, 100);
  await writeFile(
    join(run, 'img_emb', 'img_emb_00001.npy'),
    encodeNpy('float16', [2, DIMENSION], new Float32Array(2 * DIMENSION)),
  );
  const again = subsetOf(folder, { metadata: [run], dedup: { by: 'embedding', cosine: 0.9 } });
  await t.throwsAsync(again, {
    code: 'BB_INPUT_FORMAT',
    message: /img_emb_00001.npy cannot be compared: it has 2 rows/,
  });
});

test('what there is no column for is refused before work starts, with what writes it', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'metadata');
  await mkdir(path);
  await duck(
    `COPY (SELECT 'http://host/1' AS URL, 1.5 AS phash) TO '${join(path, 'a.parquet')}' (FORMAT parquet)`,
  );
  for (const [text, code, message] of [
    [
      'sha256',
      'BB_COLUMN_MISSING',
      /no column sha256, which --dedup compares: `score --compute-hash sha256` writes it/,
    ],
    ['phash', 'BB_SCHEMA_MISMATCH', /"phash" holds DECIMAL.*, which is no perceptual hash/],
    ['embedding', 'BB_COLUMN_MISSING', /no column of embeddings/],
  ] as const)
    await t.throwsAsync(subsetOf(folder, { dedup: readDedup(text)! }), { code, message });
});

test("imagehash's hexadecimal digits are taken too, and other texts are no hash", async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'metadata');
  await mkdir(path);
  const texts = ['ba8c84536bd3c366', 'BA8C84536BD3C367', 'ba8c84536bd3', 'ba8c84536bd3', ''];
  const values = texts.map((text, id) => `(${id}, 'http://host/${id}', '${text}')`).join(', ');
  await duck(
    `COPY (SELECT * FROM (VALUES ${values}) AS t(id, url, phash)) TO '${join(path, 'a.parquet')}' (FORMAT parquet)`,
  );
  const { ids, summary } = await subsetOf(folder, { dedup: { by: 'phash', distance: 1 } });
  t.deepEqual(ids, [0, 2, 3, 4]);
  t.is(summary.subsets[0]!.keptWithoutKey, 3);
});

test('--dedup means one thing or is refused', (t) => {
  t.deepEqual(readDedup('phash'), { by: 'phash', distance: 4 });
  t.deepEqual(readDedup('phash:0'), { by: 'phash', distance: 0 });
  t.deepEqual(readDedup('embedding:0.97'), { by: 'embedding', cosine: 0.97 });
  for (const text of [
    '',
    'md5',
    'url:1',
    'phash:',
    'phash:11',
    'phash:1.5',
    'phash:-1',
    'embedding:1',
    'embedding:0.4',
    'url,hash',
  ])
    t.is(readDedup(text), undefined, text);
});

test('an embedding that is as near as asked for is near, one that is not is not, in any number of dimensions', (t) => {
  for (const dimension of [4, 64, 68, 512]) {
    const leaders = new EmbeddingLeaders(0.6, dimension, 1e6);
    const at = (cosine: number): Uint32Array => {
      const floats = new Float32Array(2 + dimension);
      floats[2] = cosine;
      floats[1 + dimension] = Math.sqrt(1 - cosine ** 2);
      return new Uint32Array(floats.buffer);
    };
    leaders.add(at(1), 0);
    t.true(leaders.isNear(at(0.6001), 0));
    t.false(leaders.isNear(at(0.5999), 0));
    t.false(leaders.isNear(at(-0.9), 0));
  }
});
