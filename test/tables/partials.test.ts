import test from 'ava';
import { tableFromIPC } from '../../src/tables/arrow-library.ts';
import { decodePartials, encodePartials, type PartialRow } from '../../src/tables/partials.ts';

const ROWS: PartialRow[] = [
  { bucket: 'below', count: 0, scoreSum: 0, embeddingSum: new Float64Array(3) },
  {
    bucket: '7',
    count: 2 ** 40,
    scoreSum: 0.1 + 0.2,
    embeddingSum: Float64Array.of(1e-300, -1 / 3, 2 ** 53 + 2),
  },
];

test('partial sums come back to the last bit', (t) => {
  t.deepEqual(decodePartials(encodePartials(ROWS)), ROWS);
  t.deepEqual(decodePartials(encodePartials([])), []);
});

test('the same sums give the same bytes', (t) => {
  t.deepEqual(encodePartials(ROWS), encodePartials(structuredClone(ROWS)));
});

test('the file is an Arrow IPC file of four columns that hold no nulls', (t) => {
  const bytes = encodePartials(ROWS);
  t.is(Buffer.from(bytes.buffer, bytes.byteOffset, 6).toString('latin1'), 'ARROW1');
  t.deepEqual(
    tableFromIPC(bytes).schema.fields.map((field) => `${field.name}: ${field.type}, ${field.nullable}`),
    [
      'bucket: Utf8, false',
      'count: Int64, false',
      'score_sum: Float64, false',
      'embedding_sum: FixedSizeList[3]<Float64>, false',
    ],
  );
});

test('sums of different dimensions are no table', (t) => {
  t.throws(() => encodePartials([ROWS[0]!, { ...ROWS[1]!, embeddingSum: new Float64Array(2) }]), {
    instanceOf: RangeError,
  });
});
