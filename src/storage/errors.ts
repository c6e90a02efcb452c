import { BowerbirdError, type ErrorCode, type ErrorDetails } from '../base/errors.ts';
import { shownUrl } from './url.ts';

/** What an error of storage is about, beside its message. */
export interface StorageErrorDetails extends ErrorDetails {
  /** Whether the same request may go well a moment later: a server that is overloaded, a connection that was cut. */
  readonly isTransient?: boolean;
  /** Whether it is this one object's, and says nothing of others at the place. */
  readonly isOfObject?: boolean;
  /** How long a server asks to be left alone. */
  readonly retryAfterMs?: number | undefined;
}

/** What went wrong at a place of files, on this machine or off it. The URL it names has no user, query or signature. */
export class StorageError extends BowerbirdError {
  override readonly name = 'StorageError';
  readonly isTransient: boolean;
  readonly isOfObject: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: StorageErrorDetails = {}) {
    super(code, message, details);
    this.isTransient = details.isTransient ?? false;
    this.isOfObject = details.isOfObject ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** A message and what belongs to it. */
interface Told extends Omit<StorageErrorDetails, 'fields'> {
  readonly url: string;
  /** What happened, as a clause that follows on `URL: `. */
  readonly why: string;
}

/** Nobody answers, or answers that it cannot now. */
export function unreachable({ url, why, ...details }: Told): StorageError {
  return told('BB_STORAGE_UNREACHABLE', url, `${shownUrl(url)} cannot be reached: ${why}`, {
    isTransient: true,
    ...details,
  });
}

/** The body of an answer ended before it should. */
export function truncated(url: string, readBytes: number, bytes: number): StorageError {
  const why = `${shownUrl(url)}: an answer ended after ${readBytes} of ${bytes} bytes`;
  return told('BB_STORAGE_TRUNCATED', url, why, { isTransient: true });
}

/** An object is another than it was. */
export function changed(url: string, why: string): StorageError {
  return told(
    'BB_STORAGE_CHANGED',
    url,
    `${shownUrl(url)} is no longer what it was when it was first looked at (${why}). Put that back, or begin anew on files that nobody writes: a plan is of what it was made from.`,
    { isOfObject: true },
  );
}

/** There is no such object, bucket or dataset. @param what `bucket`, `object` */
export function notFound(url: string, what: string, cause?: unknown): StorageError {
  return told(
    'BB_STORAGE_NOT_FOUND',
    url,
    `${shownUrl(url)}: there is no such ${what}. ${what === 'bucket' || what === 'object' ? 'Check its name, and the endpoint that the environment sets.' : 'Check its name.'}`,
    { cause, isOfObject: what === 'object' || what === 'file' },
  );
}

/** Whoever asks may not. @param why a clause, with what the server said */
export function denied(
  url: string,
  why: string,
  details: Pick<StorageErrorDetails, 'cause' | 'isOfObject'> = {},
): StorageError {
  return told('BB_STORAGE_DENIED', url, `${shownUrl(url)}: access is denied (${why}).`, details);
}

/** Credentials were good once. */
export function expired(url: string, why: string, cause?: unknown): StorageError {
  return told(
    'BB_STORAGE_EXPIRED',
    url,
    `${shownUrl(url)}: the credentials have expired (${why}). Renew them and run the same command again; a run goes on behind what it has finished.`,
    { cause },
  );
}

/** A server refuses a request for a reason that waiting does not mend. */
export function refused(url: string, why: string, cause?: unknown): StorageError {
  return told('BB_STORAGE_REFUSED', url, `${shownUrl(url)}: the server refuses the request (${why}).`, {
    cause,
  });
}

/** A place cannot do what is asked of it. @param why a sentence on what it cannot and what to do */
export function unsupported(url: string, why: string): StorageError {
  return told('BB_STORAGE_UNSUPPORTED', url, `${shownUrl(url)}: ${why}`);
}

function told(
  code: ErrorCode,
  url: string,
  message: string,
  details: Omit<StorageErrorDetails, 'fields'> = {},
): StorageError {
  return new StorageError(code, message, { ...details, fields: { url: shownUrl(url) } });
}
