import test from 'ava';
import fc from 'fast-check';
import { encodeBlock, entriesIn, findInBlock, scoreAt, uppersUpTo } from '../../src/store/block.ts';
import { decodeBlock } from '../../src/store/block-decode.ts';
import { type BlockLayout, blockBytes, chooseLayout } from '../../src/store/layout.ts';
import { packRecords, recordWords, unpackRecords } from '../../src/store/records.ts';

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

function pack(layout: BlockLayout, rows: readonly Row[]): Uint32Array {
  const records = new Uint32Array(rows.length * recordWords(layout.columnCount, layout.precision));
  const columns = Array.from({ length: layout.columnCount }, (_, c) =>
    Float32Array.from(rows, (row) => row.scores[c]!),
  );
  packRecords({ hashes: BigInt64Array.from(rows, (row) => row.hash), columns }, layout.precision, records);
  return records;
}

function slotOfHash(layout: BlockLayout, hash: bigint): number {
  return Number((hash - INT64_MIN) >> BigInt(64 - layout.slotBits));
}

/** A block of rows in order, and its first slot. */
function encode(layout: BlockLayout, rows: readonly Row[]): { slot: number; block: Uint8Array } {
  const slot = slotOfHash(layout, rows[0]!.hash);
  const { hi, lo } = halvesOf(rows.at(-1)!.hash);
  const block = new Uint8Array(blockBytes(layout, rows.length, uppersUpTo(layout, slot, hi, lo)));
  const written = encodeBlock(layout, slot, pack(layout, rows), block);
  if (written !== block.length) throw new Error(`a block has ${written} bytes, not ${block.length}`);
  return { slot, block };
}

/** Scores that float16 holds exactly (multiples of 1/64 up to 16), and null. */
const score = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -1024, max: 1024 }).map((n) => n / 64 + 0) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);

/** Some entries of a few neighbouring slots, at random layouts. */
const blockCase = fc
  .record({
    slotBits: fc.integer({ min: 0, max: 31 }),
    upperBits: fc.integer({ min: 0, max: 8 }),
    columnCount: fc.integer({ min: 1, max: 3 }),
    precision: fc.constantFrom('float16' as const, 'float32' as const),
    slot: fc.nat(2 ** 31 - 1),
  })
  .chain(({ slotBits, upperBits, slot, columnCount, precision }) => {
    const lowBits = Math.min(56, 64 - slotBits - upperBits);
    const layout: BlockLayout = { slotBits, lowBits, columnCount, precision };
    const restBits = BigInt(64 - slotBits);
    const first = (BigInt(slot) & ((1n << BigInt(slotBits)) - 1n)) << restBits;
    const most = (1n << restBits) - 1n;
    const rest = fc.oneof(
      fc.bigInt(0n, most),
      fc.bigInt(0n, 40n),
      fc.bigInt(most - 40n, most),
      // Up to three slots on.
      fc.bigInt(0n, 4n * most + 3n),
    );
    const inSpace = (u: bigint): bigint => BigInt.asIntN(64, (u & (2n ** 64n - 1n)) + INT64_MIN);
    const row = fc.record({
      hash: rest.map((low) => inSpace(first + low)),
      // The first score is never null, so that no row is left out.
      scores: fc
        .tuple(score, score, score)
        .map(([a, b, c]) => [Number.isNaN(a) ? 0 : a, b, c].slice(0, columnCount)),
    });
    const rows = fc
      .uniqueArray(row, { selector: ({ hash }) => hash, minLength: 1, maxLength: 120 })
      // At the end of the hash space the slots go on at its beginning.
      .map((list) => list.filter(({ hash }) => hash - INT64_MIN >= first))
      .filter((list) => list.length > 0)
      .map((list) => list.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)));
    return fc.record({ layout: fc.constant(layout), rows, other: rest.map((low) => inSpace(first + low)) });
  });

test('a block gives every entry back, in order, whatever the layout', (t) => {
  fc.assert(
    fc.property(blockCase, ({ layout, rows }) => {
      const { slot, block } = encode(layout, rows);
      t.is(entriesIn(block), rows.length);
      const records = decodeBlock(layout, slot, block)!;
      t.deepEqual(records, pack(layout, rows));
      const { columnCount, precision } = layout;
      const { hashes, columns } = unpackRecords(records, rows.length, columnCount, precision);
      rows.forEach(({ hash, scores }, i) => {
        t.is(hashes[i], hash);
        t.deepEqual(
          columns.map((column) => column[i]),
          scores,
        );
      });
    }),
  );
});

test('a look-up in a block finds what a linear search finds', (t) => {
  fc.assert(
    fc.property(blockCase, ({ layout, rows, other }) => {
      const { slot, block } = encode(layout, rows);
      const neighbours = rows.flatMap(({ hash }) => [hash - 1n, hash + 1n]);
      const strangers = [other, INT64_MIN + 2n ** 64n - 1n, ...neighbours].filter(
        (hash) => BigInt.asIntN(64, hash) === hash && slotOfHash(layout, hash) >= slot,
      );
      for (const hash of [...strangers, ...rows.map((row) => row.hash)]) {
        const { hi, lo } = halvesOf(hash);
        const index = findInBlock(layout, { slot, block }, hi, lo);
        t.is(
          index,
          rows.findIndex((row) => row.hash === hash),
        );
        if (index < 0) continue;
        const scores = rows[index]!.scores.map((_, c) => scoreAt(layout, block, c, index));
        t.deepEqual(scores, rows[index]!.scores);
      }
    }),
  );
});

test('a block that was cut, or whose header was changed, is none', (t) => {
  const layout: BlockLayout = { slotBits: 4, lowBits: 56, columnCount: 1, precision: 'float16' };
  const { slot, block } = encode(layout, [
    { hash: 5n, scores: [1] },
    { hash: 2n ** 58n, scores: [2] },
  ]);
  t.truthy(decodeBlock(layout, slot, block));
  t.is(decodeBlock(layout, slot, block.subarray(1)), undefined);
  t.is(decodeBlock(layout, slot, new Uint8Array(0)), undefined);
  for (const byte of Array(18).keys()) {
    const changed = block.slice();
    changed[byte]! ^= 8;
    t.is(decodeBlock(layout, slot, changed), undefined, `byte ${byte}`);
  }
  const withoutEntry = block.slice();
  // The first 1 of the unary code: behind the header, 2 times 7 bytes and 2 scores.
  withoutEntry[18 + 14 + 4]! &= 0xfe;
  t.is(decodeBlock(layout, slot, withoutEntry), undefined);
});

test('a block has the bytes that docs/store.md works out by hand', (t) => {
  const layout: BlockLayout = { slotBits: 8, lowBits: 54, columnCount: 1, precision: 'float16' };
  // u is 80 00 0000 0000 0005 and 80 a0 0000 0000 0102; a0 = upper 10, low 100000.
  const { slot, block } = encode(layout, [
    { hash: 0x00_00_00_00_00_00_00_05n, scores: [1] },
    { hash: 0x00_a0_00_00_00_00_01_02n, scores: [-2] },
  ]);
  t.is(slot, 0x80);
  t.is(
    Buffer.from(block).toString('hex'),
    // 2 entries, 3 upper values; the entries before the upper values 0 0 1 1 1 2 2, at which the stretches begin; six
    // planes of two bytes; 1 is 3c00 and -2 is c000; bits from the least: unary 1 0 0 1 0, then 000000 and 100000, of
    // which the last bit opens a third byte.
    '02000300 0000 0000 0100 0100 0100 0100 0100 0502 0001 0000 0000 0000 0000 003c00c0 0900 01'.replaceAll(
      ' ',
      '',
    ),
  );
});

test('the layout keeps 3.2 to 6.4 entries to a slot, and whole bytes where they cost little', (t) => {
  for (const count of [0, 1, 31, 1e3, 1e6, 45.7e6, 5.85e9, 1e12]) {
    const layout = chooseLayout(count, 1, 'float16');
    t.true(layout.slotBits <= 31 && layout.lowBits <= Math.min(56, 64 - layout.slotBits), String(count));
    const perSlot = count / 2 ** layout.slotBits;
    if (count >= 32 && layout.slotBits < 31) t.true(perSlot >= 3.2 && perSlot < 6.4, `${count}: ${perSlot}`);
  }
  t.like(chooseLayout(5.85e9, 1, 'float16'), { slotBits: 30, lowBits: 32 });
});
