import parquetjs from 'parquetjs-lite';
import parquetTypes from 'parquetjs-lite/lib/types.js';
import { PROVENANCE_KEY, type Provenance, provenanceText } from '../samples/provenance/provenance.ts';
import { writeFailure } from './errors.ts';

// parquetjs-lite parses 64-bit integers as doubles, which bends those beyond 2^53.
parquetTypes.PARQUET_LOGICAL_TYPES['INT64']!.toPrimitive = (value) => BigInt(value as bigint | number);

const TYPES = { string: 'UTF8', int64: 'INT64', float64: 'DOUBLE', boolean: 'BOOLEAN' } as const;

/** A column of a small table; every one may hold nulls. */
export interface SmallTableColumn {
  readonly name: string;
  readonly type: keyof typeof TYPES;
}

/** A cell; a NaN is written as null, a missing one too. */
export type SmallTableValue = string | number | bigint | boolean | null | undefined;

/**
 * Writes a small table of our own (summaries: tens or hundreds of rows) as a snappy Parquet file.
 * The columns of `rows` that `columns` does not name are left out.
 *
 * @param provenance where the scores that it sums up come from
 * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL
 */
export async function writeSmallTable(
  path: string,
  columns: readonly SmallTableColumn[],
  rows: readonly Readonly<Record<string, SmallTableValue>>[],
  provenance?: Provenance,
): Promise<void> {
  const fields = columns.map(({ name, type }) => [
    name,
    { type: TYPES[type], optional: true, compression: 'SNAPPY' },
  ]);
  try {
    const writer = await parquetjs.ParquetWriter.openFile(
      new parquetjs.ParquetSchema(Object.fromEntries(fields)),
      path,
    );
    if (provenance) writer.setMetadata(PROVENANCE_KEY, provenanceText(provenance));
    for (const row of rows) {
      await writer.appendRow(Object.fromEntries(columns.map(({ name }) => [name, cell(row[name])])));
    }
    await writer.close();
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
}

function cell(value: SmallTableValue): SmallTableValue {
  return typeof value === 'number' && Number.isNaN(value) ? null : value;
}
