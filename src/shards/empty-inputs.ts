import { TableError } from '../tables/errors.ts';
import type { ReadableInput } from '../tables/readable.ts';

type FileFacts = Pick<ReadableInput, 'path' | 'format' | 'sizeBytes' | 'rowCount'>;

/** Names the files without rows. @throws TableError BB_INPUT_EMPTY where none has any */
export function tellEmpty(
  files: readonly FileFacts[],
  onNote: ((message: string) => void) | undefined,
): void {
  const empty = files.filter(({ rowCount }) => rowCount === 0);
  if (empty.length === 0) return;
  const names = empty.slice(0, 3).map((file) => `${file.path} (${howEmpty(file)})`);
  const list = `${names.join(', ')}${empty.length > names.length ? ', ...' : ''}`;
  if (empty.length < files.length) {
    onNote?.(`${empty.length} of ${files.length} input files hold no rows: ${list}.`);
    return;
  }
  throw new TableError('BB_INPUT_EMPTY', `The inputs hold no rows: ${list}. There is nothing to do.`, {
    fields: { paths: empty.map(({ path }) => path) },
  });
}

function howEmpty({ format, sizeBytes }: FileFacts): string {
  if (sizeBytes === 0) return 'empty, 0 bytes';
  const what = format === 'csv' || format === 'tsv' ? 'a header and no more, ' : '';
  return `${what}${sizeBytes} bytes`;
}
