import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import type { Tag } from '../../src/samples/tags.ts';
import { type ExportableStore, selectEntries, writeStaticKv } from '../../src/store/export.ts';
import { openStore } from '../../src/store/reader.ts';
import { type KvRow, packRows } from './kv-oracle.ts';
import { build, makeFolder, randomHashes, randomWords } from './rows.ts';

const COLUMNS = ['aesthetic', 'punsafe'] as const satisfies Tag[];

/** Unsorted rows whose scores float16 holds, a fifth of them null. */
function randomRows(count: number, seed: number): KvRow[] {
  const next = randomWords(seed);
  const score = (): number => (next() % 5 === 0 ? Number.NaN : (next() & 1023) / 64);
  return [...randomHashes(count, seed)].map((hash) => ({
    hash,
    scores: { aesthetic: score(), punsafe: score() },
  }));
}

function scoreRows(rows: readonly KvRow[]): ScoreRows {
  return {
    hashes: BigInt64Array.from(rows, ({ hash }) => hash),
    columns: COLUMNS.map((name) => Float32Array.from(rows, ({ scores }) => scores[name]!)),
  };
}

function byHash(a: KvRow, b: KvRow): number {
  return a.hash < b.hash ? -1 : 1;
}

/** A store of two entries, in two batches. */
const small: ExportableStore = {
  meta: { columns: COLUMNS, precision: 'float16' },
  entryCount: 2,
  *entries() {
    yield { hashes: BigInt64Array.of(-3n), columns: [Float32Array.of(1), Float32Array.of(0.5)] };
    yield { hashes: BigInt64Array.of(8n), columns: [Float32Array.of(2), Float32Array.of(0.25)] };
  },
};

test('the file of a store is that of its rows, sorted, those with a null left out', async (t) => {
  const folder = await makeFolder(t);
  const rows = randomRows(30_000, 51);
  const hasScore = ({ scores }: KvRow): boolean =>
    Object.values(scores).some((score) => !Number.isNaN(score));
  await build(join(folder, 'scores'), scoreRows(rows));
  const store = await openStore(join(folder, 'scores'));
  t.teardown(() => store.close());
  const entries = rows.filter(hasScore).sort(byHash);
  for (const [i, columns] of [['aesthetic'], ['punsafe', 'aesthetic']].entries()) {
    const path = join(folder, `${i}.kv`);
    const selected = selectEntries(store, { columns: columns as Tag[] });
    const format = { precision: 'float16', columnCount: columns.length } as const;
    const { records, leftOut } = await writeStaticKv(path, format, selected);
    t.deepEqual(await readFile(path), packRows(entries, columns, 'e'));
    t.is(
      records,
      entries.filter(({ scores }) => columns.every((name) => !Number.isNaN(scores[name]))).length,
    );
    t.is(records + leftOut, entries.length);
  }
});

test('columns come in the order asked for, and a column that the store lacks is told at once', (t) => {
  const [first, second] = [...selectEntries(small, { columns: ['punsafe', 'aesthetic'] })];
  t.deepEqual(first!.columns, [Float32Array.of(0.5), Float32Array.of(1)]);
  t.deepEqual(second!.columns, [Float32Array.of(0.25), Float32Array.of(2)]);
  t.throws(() => selectEntries(small, { columns: ['aesthetic', 'pwatermark'] }), {
    code: 'BB_COLUMN_MISSING',
    message: /no pwatermark\. It has: aesthetic, punsafe/,
  });
});

test('an export says how far it is and ends when it is called off', (t) => {
  const closing = new AbortController();
  const reason = new Error('enough');
  const seen: number[] = [];
  const rows = selectEntries(small, {
    columns: ['aesthetic'],
    onProgress: (entries) => {
      seen.push(entries);
      closing.abort(reason);
    },
    signal: closing.signal,
  });
  t.throws(() => [...rows], { is: reason });
  t.deepEqual(seen, [1]);
});
