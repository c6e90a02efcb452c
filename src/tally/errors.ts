import { BowerbirdError, messageOf } from '../base/errors.ts';

/** An error of the tally room: counting over tags, runs and stores. */
export class TallyError extends BowerbirdError {
  override readonly name: string = 'TallyError';
}

const WAY_ON =
  'Mend it, leave it out, or pass over such files with --skip-bad-files: they are counted and named.';

/** One input file that cannot be counted; `why` is a sentence. */
export function badFile(
  code:
    | 'BB_INPUT_UNREADABLE'
    | 'BB_INPUT_FORMAT'
    | 'BB_COLUMN_MISSING'
    | 'BB_SCHEMA_MISMATCH'
    | 'BB_SHARD_READ',
  path: string,
  why: string,
  cause?: unknown,
): TallyError {
  const details = cause === undefined ? { fields: { path } } : { cause, fields: { path } };
  return new TallyError(code, `${path} cannot be counted: ${why} ${WAY_ON}`, details);
}

/** What DuckDB says of a file, as one sentence. */
export function reasonOf(thrown: unknown): string {
  const line = messageOf(thrown).split('\n', 1)[0]!.trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
