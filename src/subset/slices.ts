import { ROW_BITS, type Slice, type SourceTable } from './source.ts';

/** What a byte of Parquet is in memory, about: LAION's metadata are text, and compress by a half to two thirds. */
const EXPANSION = 3;

/** What a slice may have. */
export interface SliceLimits {
  /** In memory, of the rows that are taken. */
  readonly bytes: number;
  /** Any number where not given. */
  readonly rows?: number;
}

/**
 * Cuts a table into stretches of its rows of which the ones that are taken fit into the limits: files together where they
 * are small, a file in several where it is not.
 *
 * @param share of its rows that are taken, 0 to 1
 */
export function sliceTable(
  { files }: Pick<SourceTable, 'files'>,
  share: number,
  { bytes, rows = Number.POSITIVE_INFINITY }: SliceLimits,
): Slice[] {
  const slices: Slice[] = [];
  let [firstFile, bytesSoFar, rowsSoFar] = [0, 0, 0];
  const close = (end: number): void => {
    if (end > firstFile) slices.push({ firstFile, fileCount: end - firstFile });
    [firstFile, bytesSoFar, rowsSoFar] = [end, 0, 0];
  };
  for (const [i, file] of files.entries()) {
    const fileBytes = file.sizeBytes * EXPANSION * share;
    if (bytesSoFar + fileBytes > bytes || rowsSoFar + file.rowCount > rows) close(i);
    bytesSoFar += fileBytes;
    rowsSoFar += file.rowCount;
    const parts = Math.ceil(Math.max(fileBytes / bytes, file.rowCount / rows));
    if (parts <= 1) continue;
    const count = Math.min(file.rowCount, parts);
    for (let part = 0; part < count; part++) {
      const [from, to] = [part, part + 1].map((at) => Math.floor((file.rowCount * at) / count));
      slices.push({ firstFile: i, fileCount: 1, rows: { from: from!, to: to! } });
    }
    [firstFile, bytesSoFar, rowsSoFar] = [i + 1, 0, 0];
  }
  close(files.length);
  return slices;
}

/** The same slices, of which none has files on both sides of one that begins a stretch. */
export function cutAtStretches(slices: readonly Slice[], firstFiles: readonly number[]): Slice[] {
  return slices.flatMap((slice) => {
    const { firstFile, fileCount } = slice;
    const inner = firstFiles.filter((file) => file > firstFile && file < firstFile + fileCount);
    if (inner.length === 0) return [slice];
    const ends = [...inner, firstFile + fileCount];
    return [firstFile, ...inner].map((file, i) => ({ firstFile: file, fileCount: ends[i]! - file }));
  });
}

/** The place (`ORD`) of a slice's first row. */
export function startOf({ firstFile, rows }: Slice): bigint {
  return (BigInt(firstFile) << BigInt(ROW_BITS)) | BigInt(rows?.from ?? 0);
}

/** The numbers of a slice's rows among those of the table. */
export function rangeOf(
  { files }: Pick<SourceTable, 'files'>,
  { firstFile, fileCount, rows }: Slice,
): { readonly from: number; readonly to: number } {
  const before = rowsIn(files.slice(0, firstFile));
  if (rows) return { from: before + rows.from, to: before + rows.to };
  return { from: before, to: before + rowsIn(files.slice(firstFile, firstFile + fileCount)) };
}

function rowsIn(files: SourceTable['files']): number {
  return files.reduce((sum, { rowCount }) => sum + rowCount, 0);
}

/** The place (`ORD`) of the row of a number. */
export function placeOf({ files }: Pick<SourceTable, 'files'>, row: number): bigint {
  let [file, from] = [0, row];
  while (from >= files[file]!.rowCount) from -= files[file++]!.rowCount;
  return startOf({ firstFile: file, fileCount: 1, rows: { from, to: from + 1 } });
}
