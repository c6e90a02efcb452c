import { STATUS_CODES } from 'node:http';
import { BowerbirdError, type ErrorFields } from '../../base/errors.ts';
import type { FileTransferError } from '../../download/file-client.ts';
import { type FailureReason, passesOf } from '../../samples/reasons.ts';
import type { ModelFile } from './entry.ts';
import { originOf } from './record.ts';

/** What was asked for where. */
export interface Asked {
  readonly file: ModelFile;
  /** As it was asked for: with neither a token nor what a redirect added. */
  readonly url: string;
  readonly sentToken: boolean;
  readonly isMirror: boolean;
  /** Bytes of the file that stay for another command to go on with. */
  readonly keptBytes: number;
}

/** Statuses after which a host may do better in a while. */
export const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const ELSEWHERE = 'Give the path of a copy, or name another place in BOWERBIRD_MODEL_MIRROR';

/** What to do about what may pass. */
function again({ keptBytes }: Asked): string {
  return keptBytes > 0
    ? 'What has arrived is kept: the same command asks for the rest'
    : 'Run the same command again in a while';
}

/** What to do about an answer that brings no file. */
function adviceOnStatus(status: number, asked: Asked): string {
  const { sentToken, file, isMirror } = asked;
  if (status === 401 || status === 403) {
    if (isMirror)
      return 'A mirror is shown no token: have it give the file to everybody, or do without BOWERBIRD_MODEL_MIRROR';
    if ('url' in file) return 'Fetch the file by hand, and give its path instead of the name';
    return sentToken
      ? 'The hub refused the token that was sent: accept the terms of the model on its page with the same account, or set HF_TOKEN to another token'
      : 'The hub wants to know who asks: accept the terms of the model on its page, and set HF_TOKEN to a token of yours';
  }
  if (status === 404 || status === 410)
    return 'The file was moved or removed, or a mirror does not have it. Give the path of a copy, or a registry of your own (--registry)';
  if (status === 429) return `The host has had enough for now. ${again(asked)}`;
  return PASSING_STATUSES.has(status) ? again(asked) : ELSEWHERE;
}

/** An answer that brings no file. */
export function statusError(status: number, asked: Asked): BowerbirdError {
  const phrase = STATUS_CODES[status] === undefined ? '' : `: ${STATUS_CODES[status]}`;
  return fetchError(asked, {
    what: `HTTP status ${status}${phrase}`,
    advice: adviceOnStatus(status, asked),
    fields: { status },
  });
}

/** No answer, or an end before the end. */
export function transferFailure(thrown: FileTransferError, asked: Asked): BowerbirdError {
  const { reason, message } = thrown.failure;
  return fetchError(asked, {
    what: message,
    advice: adviceOnFailure(reason, asked),
    fields: { reason },
    cause: thrown,
  });
}

function adviceOnFailure(reason: FailureReason, asked: Asked): string {
  if (reason === 'address_refused')
    return 'If it is a host of your own network, name it in BOWERBIRD_MODEL_MIRROR, or give --allow-private-addresses';
  return passesOf(reason) === 'never' ? ELSEWHERE : again(asked);
}

/** Why a file did not come, and what to do. */
export interface FetchProblem {
  readonly what: string;
  readonly advice: string;
  readonly fields?: ErrorFields;
  readonly cause?: unknown;
}

/** A file that does not come. */
export function fetchError(
  { file, url }: Asked,
  { what, advice, fields, cause }: FetchProblem,
): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_FETCH',
    `${file.name} cannot be fetched from ${url}: ${what}. ${advice}.`,
    { ...(cause !== undefined && { cause }), fields: { url, file: file.name, ...fields } },
  );
}

/** An answer of status 200 with nothing in it. */
export function emptyError(asked: Asked): BowerbirdError {
  return fetchError(asked, { what: 'the file that the host sends is empty', advice: ELSEWHERE });
}

/** Who states a digest or a size. */
export interface Statement<T> {
  readonly by: string;
  readonly value: T;
}

/** A file that is not the one that was stated; it is not kept. */
export function digestError(
  { file, url }: Pick<Asked, 'file' | 'url'>,
  found: string,
  { by, value }: Statement<string>,
): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_DIGEST',
    `${file.name} from ${url} has the sha256 ${found}, but ${by} states ${value}. It is not used and was removed: ` +
      'the file was changed where it is published, or on the way here.',
    { fields: { url, digest: found, expected: value, from: originOf(file) } },
  );
}

/** A file of another size than was stated. */
export function sizeError(
  { file, url }: Pick<Asked, 'file' | 'url'>,
  foundBytes: number,
  statedBytes: number,
): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_DIGEST',
    `${file.name} from ${url} has ${foundBytes} bytes, but the registry states ${statedBytes}. It is not used: the file ` +
      'was changed where it is published, or the host sends something else.',
    { fields: { url, bytes: foundBytes, expected: statedBytes, from: originOf(file) } },
  );
}
