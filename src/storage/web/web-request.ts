import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { codeOf, messageOf } from '../../base/errors.ts';
import { denied, expired, refused, type StorageError, unreachable } from '../errors.ts';
import type { RetryPolicy, StorageCounts } from '../retry.ts';

/** What is asked of a web server. */
export interface WebRequest {
  /** As messages name it. */
  readonly url: string;
  /** What is asked for, with all that may be secret in it. */
  readonly asked: string;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether a redirect comes back as it is; it is followed otherwise. */
  readonly givesRedirects?: boolean;
}

/** Asks once. Answers that say no, but 404, 412 and 416, are errors. @throws StorageError */
export async function askWeb(
  { url, asked, method = 'GET', headers = {}, givesRedirects = false }: WebRequest,
  { idleMs }: RetryPolicy,
  counts: StorageCounts,
): Promise<Response> {
  if (!URL.canParse(asked)) throw refused(url, 'it is no URL whose host can be told');
  const address = new URL(asked);
  const { username, password } = address;
  [address.username, address.password] = ['', ''];
  counts.requests++;
  let response: Response;
  // The answer has to begin in that time; whoever reads the body watches the rest.
  const starting = new AbortController();
  const timer = setTimeout(
    () => starting.abort(new Error(`no answer for ${Math.round((2 * idleMs) / 1000)} seconds`)),
    2 * idleMs,
  );
  try {
    response = await fetch(address, {
      method,
      redirect: givesRedirects ? 'manual' : 'follow',
      signal: starting.signal,
      // Ranges are of the bytes that are stored.
      headers: { 'accept-encoding': 'identity', ...basic(username, password), ...headers },
    });
  } catch (thrown) {
    throw unreachable({ url, why: whyNot(thrown), cause: thrown });
  } finally {
    clearTimeout(timer);
  }
  const { status } = response;
  if (response.ok || [404, 412, 416].includes(status) || (givesRedirects && status >= 300 && status < 400))
    return response;
  throw await errorOf(url, response);
}

/** The body of an answer, as a stream of bytes. */
export function bodyOf(response: Response): Readable {
  return response.body ? Readable.fromWeb(response.body as ReadableStream) : Readable.from([]);
}

/** Lets an answer go whose body nobody reads. */
export async function dropBody(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

function basic(user: string, password: string): Record<string, string> {
  if (user === '' && password === '') return {};
  const pair = `${decoded(user)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** With a percent sign that stands for itself it is what it is. */
function decoded(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return escaped;
  }
}

/** What is behind fetch's own words, which say nothing. */
function whyNot(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  return [codeOf(cause), messageOf(cause)].filter(Boolean).join(', ');
}

/** Words of signed URLs and tokens that are over. */
const OVER = /expired|ExpiredToken/i;
const READ_BYTES = 2000;

async function errorOf(url: string, response: Response): Promise<StorageError> {
  const { status } = response;
  const text = (await response.text().catch(() => '')).slice(0, READ_BYTES);
  const said = response.headers.get('x-error-message') ?? '';
  const why = [String(status), said].filter(Boolean).join(', ');
  if (status >= 500 || status === 429 || status === 408)
    return unreachable({ url, why, retryAfterMs: retryAfterMs(response) });
  if (status === 401 || status === 403)
    return OVER.test(`${said} ${text}`) ? expired(url, why) : denied(url, why);
  return refused(url, why);
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after'));
  return seconds > 0 ? seconds * 1000 : undefined;
}
