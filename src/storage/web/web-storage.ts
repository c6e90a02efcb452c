import type { ReadOptions, Storage, StoredObject } from '../contract.ts';
import { changed, notFound, unsupported } from '../errors.ts';
import { collectRange, resumedRange, type WantedRange } from '../ranged-reads.ts';
import { type RetryPolicy, retrying, type StorageCounts } from '../retry.ts';
import { askedUrl, schemeOf, shownUrl } from '../url.ts';
import { rangeBody, rangeHeader } from './web-range.ts';
import { askWeb, dropBody } from './web-request.ts';

/** Files on web servers: read one by one, by their whole URLs. */
export class WebStorage implements Storage {
  readonly counts: StorageCounts = { requests: 0, retries: 0, readBytes: 0, writtenBytes: 0 };
  readonly scheme: string;
  readonly #policy: RetryPolicy;

  constructor(url: string, policy: RetryPolicy) {
    this.scheme = schemeOf(url);
    this.#policy = policy;
  }

  async stat(url: string): Promise<StoredObject | undefined> {
    return retrying(this.#policy, this.counts, async () => {
      // A signed URL is often good for GET alone, so the size is asked for with the first byte.
      const response = await this.#ask(url, rangeHeader({ url, from: 0, bytes: 1 }));
      await dropBody(response);
      if (response.status === 404) return undefined;
      const tag = tagOf(response);
      const bytes = sizeOf(response);
      if (bytes === undefined)
        throw unsupported(
          url,
          'this server does not say how large the file is. Fetch it (curl -O), and give its path.',
        );
      return { url: shownUrl(url), bytes, ...(tag !== undefined && { tag }) };
    });
  }

  // biome-ignore lint/correctness/useYield: there is nothing to list
  async *list(prefixUrl: string): AsyncIterable<StoredObject> {
    throw unsupported(
      prefixUrl,
      'a web server lists no files. Name each one, with braces where they are numbered ({00000..00099}).',
    );
  }

  async readRange(url: string, from: number, bytes: number, options: ReadOptions = {}): Promise<Buffer> {
    const range = { url, from, bytes };
    return collectRange(range, this.#range(range, options));
  }

  async *readStream(url: string, options: ReadOptions = {}): AsyncIterable<Buffer> {
    const found = await this.stat(url);
    if (!found) throw notFound(url, 'file');
    const { bytes, tag } = found;
    if (options.tag !== undefined && options.tag !== tag) throw changed(url, 'it is another file by now');
    yield* this.#range({ url, from: 0, bytes }, { tag });
  }

  async putIfAbsent(url: string): Promise<boolean> {
    throw readOnly(url);
  }

  async put(url: string): Promise<void> {
    throw readOnly(url);
  }

  async copy(_fromUrl: string, toUrl: string): Promise<void> {
    throw readOnly(toUrl);
  }

  async delete(url: string): Promise<void> {
    throw readOnly(url);
  }

  #range(range: WantedRange, { tag }: ReadOptions): AsyncGenerator<Buffer> {
    const open = async (from: number, bytes: number) => {
      const wanted = { url: range.url, from, bytes };
      return rangeBody(wanted, await this.#ask(range.url, rangeHeader(wanted)), { tag, tagOf });
    };
    return resumedRange(range, open, this.#policy, this.counts);
  }

  #ask(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
    return askWeb({ url: shownUrl(url), asked: askedUrl(url), headers }, this.#policy, this.counts);
  }
}

/** What tells a file from one that is put in its place: its ETag, else when it was changed. */
function tagOf({ headers }: Response): string | undefined {
  return headers.get('etag') ?? headers.get('last-modified') ?? undefined;
}

function sizeOf({ status, headers }: Response): number | undefined {
  const [, size] = /\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (size !== undefined) return Number(size);
  const length = headers.get('content-length');
  return status === 200 && length !== null ? Number(length) : undefined;
}

/** @param url where something was to be written */
export function readOnly(url: string) {
  return unsupported(url, 'nothing is written there. Write to this machine, or to s3://.');
}
