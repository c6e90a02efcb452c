import { BowerbirdError } from '../base/errors.ts';

/** What a worker is told whose folder was taken from it. @param path of its folder, or of the run */
export function takenForDead(path: string, cause?: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_LOCKED',
    'This worker was asleep for so long that it was taken for dead. Nothing that is committed is lost; start it again.',
    { cause, fields: { path } },
  );
}
