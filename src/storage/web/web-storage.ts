import type { Readable } from 'node:stream';
import type { ReadOptions, StoredObject } from '../contract.ts';
import { unsupported } from '../errors.ts';
import type { WantedRange } from '../ranged-reads.ts';
import { type RetryPolicy, retrying } from '../retry.ts';
import { askedUrl, schemeOf, shownUrl } from '../url.ts';
import { ReadOnlyStorage } from './read-only-storage.ts';
import { rangeBody, rangeHeader } from './web-range.ts';
import { askWeb, dropBody } from './web-request.ts';

/** Files on web servers: read one by one, by their whole URLs. */
export class WebStorage extends ReadOnlyStorage {
  readonly scheme: string;
  protected readonly otherFile = 'it is another file by now';

  constructor(url: string, policy: RetryPolicy) {
    super(policy);
    this.scheme = schemeOf(url);
  }

  async stat(url: string): Promise<StoredObject | undefined> {
    return retrying(this.policy, this.counts, async () => {
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

  protected async openRange(wanted: WantedRange, { tag }: ReadOptions): Promise<Readable> {
    return rangeBody(wanted, await this.#ask(wanted.url, rangeHeader(wanted)), { tag, tagOf });
  }

  #ask(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
    return askWeb({ url: shownUrl(url), asked: askedUrl(url), headers }, this.policy, this.counts);
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
