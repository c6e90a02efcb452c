import { createRequire } from 'node:module';
import type * as Arrow from 'apache-arrow';

/** Two thirds of the time of an `import`, which links some 150 modules. */
const arrow: typeof Arrow = createRequire(import.meta.url)('apache-arrow');

/** The library's one entrance, also for tests. */
export const {
  Binary,
  Bool,
  DateDay,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  TimestampMicrosecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  vectorFromArray,
} = arrow;

export type RecordBatch = Arrow.RecordBatch;
export type Schema = Arrow.Schema;
export type Table = Arrow.Table;
export type EmbeddingSums = Arrow.FixedSizeList<Arrow.Float64>;
