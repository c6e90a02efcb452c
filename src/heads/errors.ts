import { BowerbirdError, type ErrorDetails } from '../base/errors.ts';

/** An error of the heads room: reading head files, and matching heads to encoders. */
export class HeadError extends BowerbirdError {
  override readonly name: string = 'HeadError';
}

/** A refusal of one head file: it asks for something that is not allowed, or is malformed. */
export function refused(path: string, why: string, cause?: unknown): HeadError {
  return new HeadError('BB_HEAD_REFUSED', `The head ${path} is refused: ${why}.`, details(path, cause));
}

/** A head file that does not exist or cannot be opened. */
export function unreadable(path: string, why: string, cause?: unknown): HeadError {
  return new HeadError(
    'BB_HEAD_UNREADABLE',
    `The head ${path} cannot be read: ${why}.`,
    details(path, cause),
  );
}

function details(path: string, cause: unknown): ErrorDetails {
  return cause === undefined ? { fields: { path } } : { cause, fields: { path } };
}
