import {
  type EmbeddingSums,
  Field,
  FixedSizeList,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from './arrow-library.ts';

/** What one bucket of one shard adds up to. */
export interface PartialRow {
  readonly bucket: string;
  readonly count: number;
  readonly scoreSum: number;
  /** float64[dimension] */
  readonly embeddingSum: Float64Array;
}

/**
 * Partial sums as an Arrow IPC file of one record batch: bucket utf8, count int64, score_sum float64,
 * embedding_sum fixed_size_list<float64>[dimension]; nothing is nullable. The same rows give the same bytes.
 *
 * @param rows embedding sums of one dimension throughout
 */
export function encodePartials(rows: readonly PartialRow[]): Uint8Array {
  const dimension = rows[0]?.embeddingSum.length ?? 0;
  const sums = new Float64Array(rows.length * dimension);
  for (const [i, row] of rows.entries()) {
    if (row.embeddingSum.length !== dimension) throw new RangeError('embedding sums differ in dimension');
    sums.set(row.embeddingSum, i * dimension);
  }
  const schema = partialsSchema(dimension);
  const length = rows.length;
  const scores = Float64Array.from(rows, (row) => row.scoreSum);
  const counts = BigInt64Array.from(rows, (row) => BigInt(row.count));
  const children = [
    vectorFromArray(
      rows.map((row) => row.bucket),
      new Utf8(),
    ).data[0]!,
    makeData({ type: new Int64(), length, nullCount: 0, data: counts }),
    makeData({ type: new Float64(), length, nullCount: 0, data: scores }),
    makeData({
      type: schema.fields[3]!.type as EmbeddingSums,
      length,
      nullCount: 0,
      child: makeData({ type: new Float64(), length: sums.length, nullCount: 0, data: sums }),
    }),
  ];
  const struct = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children });
  return tableToIPC(new Table(schema, new RecordBatch(schema, struct)), 'file');
}

function partialsSchema(dimension: number): Schema {
  return new Schema([
    new Field('bucket', new Utf8(), false),
    new Field('count', new Int64(), false),
    new Field('score_sum', new Float64(), false),
    new Field('embedding_sum', new FixedSizeList(dimension, new Field('item', new Float64(), false)), false),
  ]);
}

/** Reads what `encodePartials` wrote. */
export function decodePartials(bytes: Uint8Array): PartialRow[] {
  const table = tableFromIPC(bytes);
  return Array.from({ length: table.numRows }, (_, i) => {
    const row = table.get(i)!;
    return {
      bucket: row['bucket'] as string,
      count: Number(row['count'] as bigint),
      scoreSum: row['score_sum'] as number,
      embeddingSum: Float64Array.from(row['embedding_sum'] as Iterable<number>),
    };
  });
}
