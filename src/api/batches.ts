import type { RecordBatch, Table } from '../tables/arrow-library.ts';
import { arrowBatch, arrowColumns, arrowSchema, arrowTable } from '../tables/reading/arrow-batches.ts';
import { pickColumns, type ReadColumn, readColumnsOf } from '../tables/reading/columns.ts';
import { ParquetReader } from '../tables/reading/parquet-reader.ts';
import { columnNames, refusedOption } from './filters.ts';

/** A Parquet file whose rows are wanted. */
export interface BatchFile {
  readonly path: string;
  readonly rowCount: number;
  /** Called before it is read. */
  readonly check: () => Promise<void>;
}

/** Which of their rows and columns. */
export interface BatchSelection {
  readonly columns?: readonly string[] | undefined;
  readonly where?: string | undefined;
}

/**
 * The rows of files as Arrow record batches of up to 2048 rows and one schema, with memory of their own.
 *
 * @throws BowerbirdError BB_USAGE where no column is asked for
 */
export async function* readBatches(
  files: readonly BatchFile[],
  { columns: names, where }: BatchSelection,
): AsyncGenerator<RecordBatch, void, undefined> {
  const asked = columnNames(names);
  if (asked?.length === 0) throw refusedOption('columns', 'a list of names', asked);
  const reader = await ParquetReader.open();
  let columns: ReadColumn[] | undefined;
  try {
    for (const { path, rowCount, check } of files) {
      await check();
      columns ??= await columnsIn(reader, path, asked);
      const schema = arrowSchema(columns);
      for await (const chunk of reader.chunks({ path, rowCount, columns, where }))
        yield arrowBatch(chunk, columns, schema);
    }
  } finally {
    reader.close();
  }
}

/** The same as one Arrow table, all in memory; without files, one without columns. */
export async function readTable(files: readonly BatchFile[], selection: BatchSelection): Promise<Table> {
  const batches: RecordBatch[] = [];
  for await (const batch of readBatches(files, selection)) batches.push(batch);
  const [first] = batches;
  if (first) return arrowTable(first.schema, batches);
  return arrowTable(arrowSchema(await readColumnsIn(files, selection.columns)), []);
}

async function readColumnsIn(
  [first]: readonly BatchFile[],
  asked: readonly string[] | undefined,
): Promise<ReadColumn[]> {
  if (!first) return [];
  const reader = await ParquetReader.open();
  try {
    return await columnsIn(reader, first.path, asked);
  } finally {
    reader.close();
  }
}

async function columnsIn(
  reader: ParquetReader,
  path: string,
  asked: readonly string[] | undefined,
): Promise<ReadColumn[]> {
  const known = readColumnsOf(await reader.columnsOf(path));
  return arrowColumns(asked === undefined ? known : pickColumns(known, asked, path));
}
