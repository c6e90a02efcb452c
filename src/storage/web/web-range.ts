import type { Readable } from 'node:stream';
import { changed, notFound, truncated, unsupported } from '../errors.ts';
import type { WantedRange } from '../ranged-reads.ts';
import { bodyOf, dropBody } from './web-request.ts';

/** How an answer is held against what was asked for. */
export interface RangeCheck {
  /** What the file has to be still, and how an answer says what it is. */
  readonly tag?: string | undefined;
  readonly tagOf: (response: Response) => string | undefined;
  /** Of the whole file, where it is known. */
  readonly fileBytes?: number | undefined;
}

/** The header that asks for a range. */
export function rangeHeader({ from, bytes }: WantedRange): Record<string, string> {
  return { range: `bytes=${from}-${from + bytes - 1}` };
}

/** The body of an answer with a range, once it is known that it is that range of that file. @throws StorageError */
export async function rangeBody(
  { url, from, bytes }: WantedRange,
  response: Response,
  { tag, tagOf, fileBytes }: RangeCheck,
): Promise<Readable> {
  const trouble = (): Error | undefined => {
    if (response.status === 404) return notFound(url, 'file');
    if (response.status === 412) return changed(url, 'it is another file by now');
    if (response.status === 416) return changed(url, 'it ends before what is read of it');
    const told = tagOf(response);
    if (tag !== undefined && told !== undefined && told !== tag)
      return changed(url, 'it is another file by now');
    const [, first, last, size] =
      /^bytes (\d+)-(\d+)\/(\d+|\*)/.exec(response.headers.get('content-range') ?? '') ?? [];
    if (first === undefined) return wholeTrouble(response);
    if (fileBytes !== undefined && size !== '*' && Number(size) !== fileBytes)
      return changed(url, 'its size is another');
    if (Number(last) !== from + bytes - 1) return changed(url, 'it ends before what is read of it');
    return Number(first) === from ? undefined : truncated(url, 0, bytes);
  };
  /** A server that knows no ranges is as good where the whole is wanted. */
  const wholeTrouble = ({ headers }: Response): Error | undefined => {
    const length = headers.get('content-length');
    if (from === 0 && length === String(bytes) && (fileBytes ?? bytes) === bytes) return undefined;
    return unsupported(url, WITHOUT_RANGES);
  };
  const found = trouble();
  if (!found) return bodyOf(response);
  await dropBody(response);
  throw found;
}

const WITHOUT_RANGES =
  'this server gives no parts of a file (it passes over Range). Fetch the file (curl -O), and give its path.';
