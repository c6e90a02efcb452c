import { BowerbirdError } from '../base/errors.ts';
import { TableError } from './errors.ts';

/** A file that was passed over, and why. */
export interface BadFile {
  readonly path: string;
  readonly message: string;
}

/** What is wrong with one input and not with the others. */
const BAD_FILE_CODES: readonly string[] = [
  'BB_INPUT_UNREADABLE',
  'BB_INPUT_FORMAT',
  'BB_INPUT_VALUE',
  'BB_COLUMN_MISSING',
  'BB_SCHEMA_MISMATCH',
  'BB_SHARD_READ',
];
const WAY_ON = 'Mend it, or pass over such files with --skip-bad-files.';

/** Files that are passed over, or the first of which ends the run. */
export class BadFiles {
  readonly #files: BadFile[] = [];
  /** Whether bad files are passed over. */
  readonly skip: boolean;
  readonly #hasOthers: boolean;

  /**
   * @param skip whether `--skip-bad-files` is given
   * @param hasOthers whether there is more than one file, so that it would help
   */
  constructor(skip: boolean, hasOthers: boolean) {
    this.skip = skip;
    this.#hasOthers = hasOthers;
  }

  /** Those passed over, by path. */
  get files(): readonly BadFile[] {
    return [...this.#files].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Notes that a file is bad. @throws what was thrown: with the way on where the file is to blame */
  passOver(path: string, thrown: unknown): void {
    if (!(thrown instanceof BowerbirdError) || !BAD_FILE_CODES.includes(thrown.code)) throw thrown;
    if (!this.skip) throw this.#hasOthers ? withWayOn(thrown) : thrown;
    this.#files.push({ path, message: thrown.message });
  }

  /** @throws TableError BB_INPUT_UNREADABLE: every file is bad */
  nothingLeft(): never {
    const [first] = this.files;
    throw new TableError(
      'BB_INPUT_UNREADABLE',
      `All files are bad; nothing is left to read. The first: ${first!.message}`,
      { fields: { path: first!.path } },
    );
  }
}

/** The error of a file that was not passed over, with the way on. */
export function withWayOn(error: BowerbirdError): BowerbirdError {
  return new TableError(error.code, `${error.message} ${WAY_ON}`, { cause: error, fields: error.fields });
}
