import test from 'ava';
import fc from 'fast-check';
import { decodeBlock, encodeBlock, findInBlock, scoreAt } from '../../src/store/block.ts';
import { type BlockLayout, blockBytes, blockKey, chooseLayout, entriesIn } from '../../src/store/layout.ts';
import { packRecords, recordWords } from '../../src/store/records.ts';

const INT64_MIN = -(2n ** 63n);

interface Row {
  readonly hash: bigint;
  readonly scores: readonly number[];
}

/** The halves of hash + 2^63, by big integers. */
function halvesOf(hash: bigint): { hi: number; lo: number } {
  const u = hash - INT64_MIN;
  return { hi: Number(u >> 32n), lo: Number(u & 0xffffffffn) };
}

function encode(layout: BlockLayout, rows: readonly Row[]): Uint8Array {
  const words = recordWords(layout.columnCount, layout.precision);
  const records = new Uint32Array(rows.length * words);
  const columns = Array.from({ length: layout.columnCount }, (_, c) =>
    Float32Array.from(rows, (row) => row.scores[c]!),
  );
  const hashes = BigInt64Array.from(rows, (row) => row.hash);
  packRecords({ hashes, columns }, layout.precision, records);
  const block = new Uint8Array(blockBytes(layout, rows.length));
  encodeBlock(layout, records, 0, rows.length, block);
  return block;
}

/** Scores that float16 holds exactly (multiples of 1/64 up to 16), and null. */
const score = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -1024, max: 1024 }).map((n) => n / 64 + 0) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);

const blockCase = fc
  .record({
    keyBits: fc.integer({ min: 0, max: 31 }),
    upperBits: fc.integer({ min: 0, max: 12 }),
    columnCount: fc.integer({ min: 1, max: 3 }),
    precision: fc.constantFrom('float16' as const, 'float32' as const),
    key: fc.nat(2 ** 31 - 1),
  })
  .chain((shape) => {
    const layout: BlockLayout = { ...shape, lowBits: 64 - shape.keyBits - shape.upperBits };
    const key = BigInt(shape.key) & ((1n << BigInt(shape.keyBits)) - 1n);
    const restBits = BigInt(64 - shape.keyBits);
    const rest = fc.oneof(
      fc.bigInt(0n, (1n << restBits) - 1n),
      fc.bigInt(0n, 40n),
      fc.bigInt((1n << restBits) - 40n, (1n << restBits) - 1n),
    );
    const row = fc.record({
      hash: rest.map((low) => (key << restBits) + low + INT64_MIN),
      // The first score is never null, so that no row is left out.
      scores: fc
        .tuple(score, score, score)
        .map(([a, b, c]) => [Number.isNaN(a) ? 0 : a, b, c].slice(0, shape.columnCount)),
    });
    const rows = fc
      .uniqueArray(row, { selector: ({ hash }) => hash, minLength: 1, maxLength: 120 })
      .map((list) => list.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)));
    return fc.record({ layout: fc.constant(layout), key: fc.constant(Number(key)), rows, other: rest });
  });

test('a block gives every entry back, in order, whatever the layout', (t) => {
  fc.assert(
    fc.property(blockCase, ({ layout, key, rows }) => {
      const block = encode(layout, rows);
      t.is(entriesIn(layout, block.length), rows.length);
      const decoded = decodeBlock(layout, key, block)!;
      rows.forEach(({ hash, scores }, i) => {
        t.deepEqual({ hi: decoded.hi[i], lo: decoded.lo[i] }, halvesOf(hash));
        t.deepEqual(
          decoded.columns.map((column) => column[i]),
          scores,
        );
      });
    }),
  );
});

test('a look-up in a block finds what a linear search finds', (t) => {
  fc.assert(
    fc.property(blockCase, ({ layout, key, rows, other }) => {
      const block = encode(layout, rows);
      const strangers = [
        (BigInt(key) << BigInt(64 - layout.keyBits)) + other + INT64_MIN,
        ...rows.flatMap(({ hash }) => [hash - 1n, hash + 1n]),
      ].filter((hash) => BigInt.asIntN(64, hash) === hash && blockKey(layout, halvesOf(hash).hi) === key);
      for (const hash of [...strangers, ...rows.map((row) => row.hash)]) {
        const { hi, lo } = halvesOf(hash);
        const expected = rows.findIndex((row) => row.hash === hash);
        const index = findInBlock(layout, block, rows.length, hi, lo);
        t.is(index, expected);
        if (index < 0) continue;
        const scores = rows[index]!.scores.map((_, c) => scoreAt(layout, block, rows.length, c, index));
        t.deepEqual(scores, rows[index]!.scores);
      }
    }),
  );
});

test('a block has the bytes that docs/store.md works out by hand', (t) => {
  const layout: BlockLayout = {
    keyBits: 8,
    upperBits: 2,
    lowBits: 54,
    columnCount: 1,
    precision: 'float16',
  };
  // u is 80 00 0000 0000 0005 and 80 a0 0000 0000 0102; a0 = upper 10, low 100000.
  const rows = [
    { hash: 0x00_00_00_00_00_00_00_05n, scores: [1] },
    { hash: 0x00_a0_00_00_00_00_01_02n, scores: [-2] },
  ];
  t.is(
    Buffer.from(encode(layout, rows)).toString('hex'),
    // Six planes of two bytes; 1 is 3c00 and -2 is c000; bits from the least: unary 1 0 0 1 0 0, then 000000 and 000001.
    '0502 0001 0000 0000 0000 0000 003c00c0 090002'.replaceAll(' ', ''),
  );
});

test('the layout keeps 32 to 64 entries to a block and all 64 bits', (t) => {
  for (const count of [0, 1, 31, 32, 33, 1e3, 1e6, 45.7e6, 5.85e9, 1e12]) {
    const layout = chooseLayout(count, 1, 'float16');
    t.is(layout.keyBits + layout.upperBits + layout.lowBits, 64);
    const perBlock = count / 2 ** layout.keyBits;
    t.true(layout.keyBits <= 31);
    if (count >= 32 && layout.keyBits < 31) t.true(perBlock >= 32 && perBlock < 64, `${count}: ${perBlock}`);
  }
  t.like(chooseLayout(5.85e9, 1, 'float16'), { keyBits: 27, lowBits: 32, upperBits: 5 });
});
