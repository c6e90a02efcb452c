import type { FileAnswer } from '../../download/file-client.ts';
import {
  type Asked,
  emptyError,
  fetchError,
  PASSING_STATUSES,
  sizeError,
  statusError,
} from './fetch-errors.ts';
import type { PartialFile } from './partial-file.ts';

/** What an answer to a request for the rest of a file means. */
export type Arrival =
  /** Its body is what comes next, up to so many bytes in all, where the answer says so. */
  | { readonly kind: 'body'; readonly totalBytes: number | undefined }
  /** All of it is there already. */
  | { readonly kind: 'whole' }
  /** What is there belongs to another file: ask for all of it. */
  | { readonly kind: 'changed' }
  /** The host may do better in a while. */
  | { readonly kind: 'later'; readonly afterMs: number | undefined };

/**
 * Judges the head of an answer by what has arrived so far, and makes the partial file ready for the body.
 *
 * @param isLastTry no other will follow: what would be `later` is an error
 * @throws BowerbirdError BB_MODEL_FETCH, BB_MODEL_DIGEST, BB_MODEL_CACHE, BB_DISK_FULL
 */
export async function judgeAnswer(
  answer: FileAnswer,
  part: PartialFile,
  asked: Asked,
  isLastTry: boolean,
): Promise<Arrival> {
  const { status } = answer;
  if (status === 200 || status === 206) refuseOtherContent(answer, asked);
  if (status === 200) {
    const { lengthBytes } = answer;
    checkSize(lengthBytes, asked);
    if (lengthBytes === 0) throw emptyError(asked);
    await part.restart(validatorOf(answer));
    return { kind: 'body', totalBytes: lengthBytes };
  }
  if (status === 206) return judgeRange(answer, part, asked);
  if (status === 416 && part.sizeBytes > 0) {
    const [, total] = /^bytes \*\/(\d+)$/.exec(answer.header('content-range') ?? '') ?? [];
    return { kind: Number(total) === part.sizeBytes ? 'whole' : 'changed' };
  }
  if (PASSING_STATUSES.has(status) && !isLastTry) return { kind: 'later', afterMs: answer.retryAfterMs };
  throw statusError(status, asked);
}

function judgeRange(answer: FileAnswer, part: PartialFile, asked: Asked): Arrival {
  const [, start, , total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(answer.header('content-range') ?? '') ?? [];
  const validator = validatorOf(answer);
  const isSame = validator === undefined || validator === part.validator;
  if (start === undefined || Number(start) !== part.sizeBytes || !isSame) return { kind: 'changed' };
  const totalBytes = total === '*' ? undefined : Number(total);
  checkSize(totalBytes, asked);
  return { kind: 'body', totalBytes };
}

/**
 * What If-Range may hold: a strong entity tag, else the date of the last change (RFC 9110, 13.1.5). The date alone may
 * miss a change within its second, which the digest finds.
 */
function validatorOf(answer: FileAnswer): string | undefined {
  const tag = answer.header('etag');
  if (tag !== undefined && /^"[^"]*"$/.test(tag)) return tag;
  return answer.header('last-modified');
}

/** A page to log in at, or a packed body, is not the file, whatever its status says. */
function refuseOtherContent(answer: FileAnswer, asked: Asked): void {
  const coding = answer.header('content-encoding')?.trim().toLowerCase() ?? 'identity';
  const isPage = /^\s*text\/html\b/i.test(answer.header('content-type') ?? '');
  if (coding === 'identity' && !isPage) return;
  throw fetchError(asked, {
    what: isPage ? 'the host sends a web page' : `the host sends it encoded as ${JSON.stringify(coding)}`,
    advice: isPage
      ? 'Something on the way wants you to log in, or the address is that of a page'
      : 'Nothing asked for that: a proxy may be at fault',
  });
}

function checkSize(foundBytes: number | undefined, asked: Asked): void {
  const { sizeBytes } = asked.file;
  if (foundBytes !== undefined && sizeBytes !== undefined && foundBytes !== sizeBytes)
    throw sizeError(asked, foundBytes, sizeBytes);
}
