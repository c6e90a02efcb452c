import { createRequire } from 'node:module';
import type * as Arrow from 'apache-arrow';

/** Two thirds of the time of an `import`, which links some 150 modules. */
const arrow: typeof Arrow = createRequire(import.meta.url)('apache-arrow');

/** The library's entrance for what stays within the program, also for tests. */
export const {
  Field,
  FixedSizeList,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} = arrow;

export type RecordBatch = Arrow.RecordBatch;
export type Schema = Arrow.Schema;
export type Table = Arrow.Table;
export type EmbeddingSums = Arrow.FixedSizeList<Arrow.Float64>;
