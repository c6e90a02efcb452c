import { ROW_BITS, type Slice, type SourceTable } from './source.ts';

/** What a byte of Parquet is in memory, about: LAION's metadata are text, and compress by a half to two thirds. */
const EXPANSION = 3;

/**
 * Cuts a table into stretches of its rows of which the ones that are taken fit into `bytes`: files together where they
 * are small, a file in several where it is not.
 *
 * @param share of its rows that are taken, 0 to 1
 */
export function sliceTable({ files }: SourceTable, share: number, bytes: number): Slice[] {
  const slices: Slice[] = [];
  let [firstFile, bytesSoFar] = [0, 0];
  const close = (end: number): void => {
    if (end > firstFile) slices.push({ firstFile, fileCount: end - firstFile });
    [firstFile, bytesSoFar] = [end, 0];
  };
  for (const [i, file] of files.entries()) {
    const fileBytes = file.sizeBytes * EXPANSION * share;
    if (bytesSoFar + fileBytes > bytes) close(i);
    bytesSoFar += fileBytes;
    if (fileBytes <= bytes) continue;
    const count = Math.min(file.rowCount, Math.ceil(fileBytes / bytes));
    for (let part = 0; part < count; part++) {
      const [from, to] = [part, part + 1].map((at) => Math.floor((file.rowCount * at) / count));
      slices.push({ firstFile: i, fileCount: 1, rows: { from: from!, to: to! } });
    }
    [firstFile, bytesSoFar] = [i + 1, 0];
  }
  close(files.length);
  return slices;
}

/** The place (`ORD`) of a slice's first row. */
export function startOf({ firstFile, rows }: Slice): bigint {
  return (BigInt(firstFile) << BigInt(ROW_BITS)) | BigInt(rows?.from ?? 0);
}
