import test from 'ava';
import { DUPLICATE } from '../../src/subset/codes.ts';
import { HashJoin } from '../../src/subset/hash-join.ts';
import {
  CODE_SHIFT,
  DROPPED,
  RECORD_WORDS,
  rowOf,
  setHash,
  setRow,
  WITHOUT_HASH,
} from '../../src/subset/records.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { duplicatesOf } from './oracle.ts';

interface Row {
  /** Null for a row without one. */
  readonly hash: bigint | null;
  readonly code: number;
  readonly isDropped?: boolean;
}

const NO_TAG = [1 << 13, 1 << 14];

function recordsOf(rows: readonly Row[], firstRow = 0): Uint32Array {
  const records = new Uint32Array(rows.length * RECORD_WORDS);
  rows.forEach(({ hash, code, isDropped }, i) => {
    const u = BigInt.asUintN(64, hash ?? 0n);
    const flags = (code << CODE_SHIFT) | (hash === null ? WITHOUT_HASH : 0) | (isDropped ? DROPPED : 0);
    setHash(records, i * RECORD_WORDS, Number(u & 0xffffffffn), Number(u >> 32n));
    setRow(records, i * RECORD_WORDS, firstRow + i, flags);
  });
  return records;
}

/** Whole numbers below `limit`. */
function randomBelow(seed: number): (limit: number) => number {
  const random = randomNumbers(seed);
  return (limit) => Math.floor(random() * limit);
}

test('rows of two tables and the metadata are joined as with a Map, whatever their hashes are like', (t) => {
  const random = randomBelow(5);
  const kinds: ((i: number) => bigint)[] = [
    (i) => BigInt(i),
    (i) => BigInt.asIntN(64, BigInt(i) << 44n),
    (i) => BigInt.asIntN(64, BigInt(i) * 0x9e3779b97f4a7c15n),
    () => -1n,
  ];
  let keptRows = 0;
  for (const hashOf of kinds) {
    // More distinct hashes than the first table of slots has room for.
    const make = (rows: number, codes: readonly number[]): Row[] =>
      Array.from({ length: rows }, () => ({
        hash: random(50) === 0 ? null : hashOf(random(60_000)),
        code: codes[random(codes.length)]!,
        isDropped: false,
      }));
    const tables = [make(50_000, [0, 1, 256]), make(30_000, [0, 512])];
    const metadata = make(60_000, [0, 2048]).map((row) => ({ ...row, isDropped: random(10) === 0 }));
    const kept: string[] = [];
    const join = new HashJoin({
      tagWords: [RECORD_WORDS, RECORD_WORDS],
      absentCodes: [NO_TAG[0]! | NO_TAG[1]!, NO_TAG[1]!, NO_TAG[0]!, 0],
      deduplicate: true,
      keptBy: (code) => ((code & (1 | DUPLICATE)) === 1 ? 1 : 0),
      onKept: (row, mask, { known, tags }) => {
        const tagRows = [0, 1].map((table) =>
          ((known >> table) & 1) === 0 ? -1 : rowOf(tags, 2 * table - 2),
        );
        kept.push(`${row} ${mask} ${tagRows}`);
      },
    });
    tables.forEach((rows, table) => {
      join.addTags(table, recordsOf(rows));
    });
    join.judge(recordsOf(metadata));

    const firsts = tables.map((rows) => {
      const first = new Map<bigint, number>();
      rows.forEach(({ hash }, i) => {
        if (hash !== null && !first.has(hash)) first.set(hash, i);
      });
      return first;
    });
    const counts = new Map<number, number>();
    const wanted: string[] = [];
    const judged = new Set<bigint>();
    metadata.forEach(({ hash, code, isDropped }, i) => {
      if (isDropped) return;
      const found = firsts.map((first) => (hash === null ? undefined : first.get(hash)));
      const codes = found.map((row, table) =>
        row === undefined ? NO_TAG[table]! : tables[table]![row]!.code,
      );
      const all = code | codes[0]! | codes[1]! | (hash !== null && judged.has(hash) ? DUPLICATE : 0);
      if (hash !== null) judged.add(hash);
      counts.set(all, (counts.get(all) ?? 0) + 1);
      if ((all & (1 | DUPLICATE)) === 1) wanted.push(`${i} 1 ${found.map((row) => row ?? -1)}`);
    });
    const nonZero = join.codes.map(({ code, rows }) => [code, rows] as const);
    t.deepEqual(Object.fromEntries(nonZero), Object.fromEntries(counts));
    keptRows += wanted.length;
    t.deepEqual(kept, wanted);
    t.deepEqual(join.metadataDuplicates, duplicatesOf(metadata.map(({ hash }) => hash)));
    tables.forEach((rows, table) => {
      t.deepEqual(join.tagDuplicates[table], duplicatesOf(rows.map(({ hash }) => hash)));
    });
  }
  t.true(keptRows > 1000);
});

test('what was joined before is forgotten, but counted', (t) => {
  const join = new HashJoin({
    tagWords: [RECORD_WORDS],
    absentCodes: [NO_TAG[0]!, 0],
    deduplicate: false,
    keptBy: () => 0,
    onKept: () => t.fail(),
  });
  join.addTags(0, recordsOf([{ hash: 7n, code: 1 }]));
  join.judge(recordsOf([{ hash: 7n, code: 0 }]));
  join.clear();
  join.judge(recordsOf([{ hash: 7n, code: 0 }]));
  t.deepEqual(join.codes, [
    { code: 1, rows: 1 },
    { code: NO_TAG[0]!, rows: 1 },
  ]);
  t.deepEqual(join.metadataDuplicates, { hashes: 0, rows: 0 });
});

test('a record keeps the number of its row up to 2^40, and different hashes stay different', (t) => {
  const records = new Uint32Array(RECORD_WORDS);
  for (const row of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 40 - 1]) {
    setHash(records, 0, 1, 2);
    setRow(records, 0, row, (2 ** 17 - 1) << CODE_SHIFT);
    t.is(rowOf(records, 0), row);
    t.is(records[3]! >>> CODE_SHIFT, 2 ** 17 - 1);
  }
  const seen = new Set<string>();
  for (let lo = 0; lo < 200; lo++) {
    for (let hi = 0; hi < 200; hi++) {
      setHash(records, 0, lo * 0x01000193, hi * 0x00010001);
      seen.add(`${records[0]} ${records[1]}`);
    }
  }
  t.is(seen.size, 200 * 200);
});
