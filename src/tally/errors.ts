import { BowerbirdError, type ErrorCode } from '../base/errors.ts';

/** An error of the tally room: counting over tags, runs and stores. */
export class TallyError extends BowerbirdError {
  override readonly name: string = 'TallyError';
}

const WAY_ON =
  'Mend it, leave it out, or pass over such files with --skip-bad-files: they are counted and named.';

/** One input file that cannot be counted; `why` is a sentence. */
export function badFile(code: ErrorCode, path: string, why: string, cause?: unknown): TallyError {
  const details = cause === undefined ? { fields: { path } } : { cause, fields: { path } };
  return new TallyError(code, `${path} cannot be counted: ${why} ${WAY_ON}`, details);
}

/** The same for an error that says all but the way on. */
export function asBadFile(path: string, error: BowerbirdError): TallyError {
  return new TallyError(error.code, `${error.message} ${WAY_ON}`, { cause: error, fields: { path } });
}
