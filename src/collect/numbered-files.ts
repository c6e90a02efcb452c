import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../base/errors.ts';

/** A Parquet file of a collection. */
export interface NumberedFile {
  readonly path: string;
  /** Its place in the order in which they were written, from 0. */
  readonly number: number;
}

/** The name of a file by its number. */
export function numberedName(number: number): string {
  return `${String(number).padStart(6, '0')}.parquet`;
}

/** The number of a file, by its name or path; undefined for other files. */
export function numberOf(path: string): number | undefined {
  const [, digits] = /(?:^|\/)(\d{6,})\.parquet$/.exec(path) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The numbered files in a folder, in their order; none where there is no folder. */
export function numberedFiles(folder: string): NumberedFile[] {
  return namesIn(folder)
    .flatMap((name) => {
      const number = numberOf(name);
      return number === undefined ? [] : [{ path: join(folder, name), number }];
    })
    .sort((a, b) => a.number - b.number);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
