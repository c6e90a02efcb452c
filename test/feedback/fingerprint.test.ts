import test from 'ava';
import fc from 'fast-check';
import { FingerprintMaker, fingerprintOf } from '../../src/feedback/fingerprint.ts';
import { FingerprintTable } from '../../src/feedback/fingerprint-table.ts';

const halves = ({ low, high }: { low: number; high: number }): string => `${low} ${high}`;

test('a text has the same fingerprint as its bytes, wherever these lie', (t) => {
  fc.assert(
    fc.property(fc.string(), fc.nat(9), (text, offset) => {
      const bytes = Buffer.from(`${'x'.repeat(offset)}${text}y`);
      const made = new FingerprintMaker().addBytes(bytes, offset, offset + text.length).mix();
      t.is(halves(made), halves(fingerprintOf(text)));
    }),
  );
});

test('texts that differ in little have different fingerprints', (t) => {
  const letters = ['', 'a', 'b', '\u0161', '\u0162', '\u6100', '\ud83d\ude00', '\u0001', '\0'];
  const texts = new Set<string>();
  for (const a of letters)
    for (const b of letters)
      for (const c of letters) for (const d of letters) texts.add(`${a}${b}${c}${d}${a}`);
  for (const text of ['\u0161b', 'ac', 'x'.repeat(256), 'x'.repeat(512)]) texts.add(text);
  t.is(new Set([...texts].map((text) => halves(fingerprintOf(text)))).size, texts.size);
  t.is(new Set([...texts].map((text) => fingerprintOf(text).low)).size, texts.size);
  t.not(halves(fingerprintOf('ab', 'c')), halves(fingerprintOf('a', 'bc')));
  t.not(halves(fingerprintOf('a', '')), halves(fingerprintOf('a')));
});

test('a table finds each text that was added, at its place, and no other, however many there are', (t) => {
  const table = new FingerprintTable(1);
  const count = 5000;
  for (let i = 0; i < count; i++) {
    t.is(table.findOrAdd(fingerprintOf(`text ${i}`)), i);
    table.put(i, 0, i * 7);
  }
  t.is(table.size, count);
  for (let i = 0; i < count; i++) {
    const place = table.findOrAdd(fingerprintOf(`text ${i}`));
    t.is(place, i);
    t.is(table.get(place, 0), i * 7);
    t.is(table.find(fingerprintOf(`other ${i}`)), -1);
  }
  // The same lower half, and the same upper one: two texts all the same.
  const few = new FingerprintTable(0);
  const keys = [
    { low: 5, high: 9 },
    { low: 5, high: -9 },
    { low: 5 + 2 ** 20, high: 9 },
    { low: 0, high: 0 },
  ];
  t.deepEqual(
    keys.map((key) => few.findOrAdd(key)),
    [0, 1, 2, 3],
  );
  t.deepEqual(
    keys.map((key) => few.find(key)),
    [0, 1, 2, 3],
  );
});
