import { codeOf, firstLine, messageOf } from '../../base/errors.ts';
import { denied, expired, notFound, refused, StorageError, unreachable, unsupported } from '../errors.ts';

/** What an answer of the service means, where it is no success. */
export type S3Failure =
  /** There is no object of that key. */
  | { readonly kind: 'missing' }
  /** What a condition asks for is not so: `If-Match`, `If-None-Match`. */
  | { readonly kind: 'condition' }
  /** A multipart upload is over: finished by an earlier try, or given up. */
  | { readonly kind: 'upload-over' }
  | { readonly kind: 'error'; readonly error: StorageError };

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'];
/** Of credentials that are good for nothing at the service. */
const UNKNOWN = ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken'];
const DENIED = ['AccessDenied', 'AllAccessDisabled', ...UNKNOWN];
/** Answers of other numbers that pass. A body that came damaged or cut is among them. */
const PASSING = [
  ...['SlowDown', 'Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException'],
  ...['RequestTimeout', 'RequestTimeTooSkewed', 'InternalError', 'ServiceUnavailable', 'OperationAborted'],
  ...['ConditionalRequestConflict', 'IncompleteBody', 'BadDigest', 'XAmzContentSHA256Mismatch'],
];

/** What the SDK threw, told by the service's name for it and the answer's number. */
export function s3Failure(url: string, thrown: unknown): S3Failure {
  if (thrown instanceof StorageError) return { kind: 'error', error: thrown };
  const name = thrown instanceof Error ? thrown.name : '';
  const status = statusOf(thrown);
  const why = [name, status, firstLine(thrown)].filter(Boolean).join(', ');
  const error = (made: StorageError): S3Failure => ({ kind: 'error', error: made });
  if (EXPIRED.includes(name)) return error(expired(url, why, thrown));
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return error(credentialsError(url, thrown));
  if (name === 'NoSuchBucket') return error(notFound(url, 'bucket', thrown));
  if (name === 'NoSuchUpload') return { kind: 'upload-over' };
  if (status === 501)
    return error(unsupported(url, `the service does not know what is asked of it (${why}).`));
  if (PASSING.includes(name) || isServerTrouble(status))
    return error(unreachable({ url, why, cause: thrown, retryAfterMs: retryAfterMs(thrown) }));
  if (DENIED.includes(name) || status === 401 || status === 403)
    return error(denied(url, deniedWhy(why), { cause: thrown, isOfObject: !UNKNOWN.includes(name) }));
  if (status === 404) return { kind: 'missing' };
  if (status === 412 || status === 416) return { kind: 'condition' };
  if (status === undefined && isNetworkTrouble(thrown))
    return error(unreachable({ url, why: networkWhy(thrown), cause: thrown }));
  return error(refused(url, why, thrown));
}

function isServerTrouble(status: number | undefined): boolean {
  return status !== undefined && (status >= 500 || status === 429 || status === 408);
}

function deniedWhy(why: string): string {
  return `${why}; S3 says so of missing objects too where listing is not allowed`;
}

function credentialsError(url: string, thrown: unknown): StorageError {
  const said = firstLine(thrown);
  if (/expired|refresh/i.test(said)) return expired(url, said, thrown);
  return denied(
    url,
    `no credentials were found: ${said.replace(/[.\s]+$/, '')}; set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_NO_SIGN_REQUEST=YES for what is public`,
    { cause: thrown },
  );
}

/** Of all that fails without an answer, what the SDK finds fault with itself is no trouble of the network. */
function isNetworkTrouble(thrown: unknown): boolean {
  return (
    codeOf(thrown) !== undefined ||
    /timeout|socket|network|aborted|hang up/i.test(`${nameOf(thrown)} ${messageOf(thrown)}`)
  );
}

function networkWhy(thrown: unknown): string {
  return [codeOf(thrown), firstLine(thrown)].filter(Boolean).join(', ');
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : '';
}

/** The number of the service's answer that the SDK threw; undefined where there was none. */
export function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('$metadata' in thrown)) return undefined;
  return (thrown.$metadata as { httpStatusCode?: number }).httpStatusCode;
}

function retryAfterMs(thrown: unknown): number | undefined {
  const response = (thrown as { $response?: { headers?: Record<string, string> } }).$response;
  const seconds = Number(response?.headers?.['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}
