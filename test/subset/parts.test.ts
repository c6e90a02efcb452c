import test from 'ava';
import fc from 'fast-check';
import { cutRows, defaultFiles } from '../../src/subset/parts.ts';

test('the files of a subset share its rows evenly, and none is empty but that of no rows', (t) => {
  fc.assert(
    fc.property(fc.nat(5000), fc.integer({ min: 1, max: 300 }), (rows, files) => {
      const lengths = cutRows(rows, files);
      t.is(
        lengths.reduce((sum, length) => sum + length, 0),
        rows,
      );
      t.is(lengths.length, Math.max(1, Math.min(rows, files)));
      t.true(Math.max(...lengths) - Math.min(...lengths) <= 1);
      t.deepEqual(
        lengths,
        lengths.toSorted((a, b) => b - a),
      );
    }),
  );
});

test('a large subset has 128 files, a small one files of a thousand rows or more', (t) => {
  const cases: [rows: number, files: number][] = [
    [0, 1],
    [999, 1],
    [1999, 1],
    [2000, 2],
    [127_999, 127],
    [128_000, 128],
    [8_000_000, 128],
  ];
  for (const [rows, files] of cases) t.is(defaultFiles(rows), files, `${rows} rows`);
});
