import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ReadOptions, StoredObject } from '../contract.ts';
import { endpointFrom } from '../endpoint.ts';
import { changed, notFound, StorageError } from '../errors.ts';
import { PageMarks } from '../page-marks.ts';
import type { WantedRange } from '../ranged-reads.ts';
import { retrying } from '../retry.ts';
import { type HubPlace, hubPlace, hubUrl } from './hub-place.ts';
import { ReadOnlyStorage } from './read-only-storage.ts';
import { rangeBody, rangeHeader } from './web-range.ts';
import { askWeb, dropBody } from './web-request.ts';

/** What the hub says of a file. */
interface HubFile {
  readonly object: StoredObject;
  /** Where its bytes are: at the hub itself, or signed for a while at its network of copies. */
  readonly location: string;
  readonly isElsewhere: boolean;
}

/**
 * Datasets and models of the Hugging Face hub, or of what speaks its protocol at `HF_ENDPOINT`. The token of `HF_TOKEN`, or the one that
 * `hf auth login` keeps, goes to the hub alone: where it sends readers on, the URL is signed. Files are known by the
 * digest that the hub states.
 */
export class HubStorage extends ReadOnlyStorage {
  readonly scheme = 'hf';
  protected readonly otherFile = 'the hub has another file there by now';
  readonly #locations = new Map<string, HubFile>();

  async stat(url: string): Promise<StoredObject | undefined> {
    return (await this.#look(url))?.object;
  }

  async *list(prefixUrl: string): AsyncIterable<StoredObject> {
    const place = hubPlace(prefixUrl);
    const { kind, repository, revision } = place;
    // The hub lists folders; of `a/b` those in `a` whose names go on so.
    const folder = place.path.slice(0, place.path.lastIndexOf('/') + 1);
    const start = `${endpoint()}/api/${kind}/${repository}/tree/${encodeURIComponent(revision)}/${escaped(folder)}`;
    const found: StoredObject[] = [];
    const marks = new PageMarks(prefixUrl);
    let next: string | undefined = `${start.replace(/\/$/, '')}?recursive=true&expand=false`;
    while (next !== undefined) {
      const page: string = next;
      const response = await retrying(this.policy, this.counts, () => this.#ask(prefixUrl, page));
      if (response.status === 404) {
        await dropBody(response);
        if (folder === '') throw notFound(prefixUrl, 'repository or revision');
        return;
      }
      for (const { type, path, size, oid, lfs } of (await response.json()) as TreeEntry[]) {
        if (type !== 'file' || !path.startsWith(place.path)) continue;
        found.push({ url: hubUrl({ ...place, path }), bytes: lfs?.size ?? size, tag: lfs?.oid ?? oid });
      }
      const link = nextPage(response);
      next = link === undefined ? undefined : marks.next(link);
    }
    found.sort((a, b) => Buffer.compare(Buffer.from(a.url), Buffer.from(b.url)));
    yield* found;
  }

  /** What the hub says of a file now; undefined where there is none. */
  async #look(url: string): Promise<HubFile | undefined> {
    const place = hubPlace(url);
    let asked = resolveUrl(place);
    let response = await this.#head(url, asked);
    // A repository that was renamed leads on within the hub, without a word on the file.
    for (let step = 0; step < MOST_STEPS && leadsOn(response, asked); step++) {
      asked = locationOf(response, asked);
      response = await this.#head(url, asked);
    }
    const { headers } = response;
    if (response.status === 404) {
      if (REPOSITORY_GONE.test(headers.get('x-error-code') ?? ''))
        throw notFound(url, 'repository or revision');
      return undefined;
    }
    const location = locationOf(response, asked);
    const tag = (headers.get('x-linked-etag') ?? headers.get('etag'))
      ?.replace(/^W\//, '')
      .replaceAll('"', '');
    const bytes = Number(headers.get('x-linked-size') ?? headers.get('content-length'));
    const object = { url: hubUrl(place), bytes, ...(tag && { tag }) };
    const isElsewhere = new URL(location).origin !== new URL(asked).origin;
    const file = { object, location, isElsewhere };
    this.#locations.set(object.url, file);
    return file;
  }

  protected async openRange(wanted: WantedRange, { tag }: ReadOptions): Promise<Readable> {
    const { location, isElsewhere, object } = await this.#fileOf(wanted.url, tag);
    const headers = { ...rangeHeader(wanted), ...(isElsewhere ? {} : authorization()) };
    const ask = { url: wanted.url, asked: location, headers };
    const response = await askWeb(ask, this.policy, this.counts).catch((thrown: unknown) => {
      // A signed URL is good for a while: the hub is asked for the next one.
      this.#locations.delete(object.url);
      throw thrown instanceof StorageError && isElsewhere ? asTransient(thrown) : thrown;
    });
    // The hub has named the file by its digest; its copies have tags of their own.
    return rangeBody(wanted, response, { tagOf: () => undefined, fileBytes: object.bytes });
  }

  async #fileOf(url: string, tag: string | undefined): Promise<HubFile> {
    const known = this.#locations.get(hubUrl(hubPlace(url)));
    const file = known && (tag === undefined || known.object.tag === tag) ? known : await this.#look(url);
    if (!file) throw notFound(url, 'file');
    if (tag !== undefined && file.object.tag !== tag) throw changed(url, this.otherFile);
    return file;
  }

  async #head(url: string, asked: string): Promise<Response> {
    const response = await retrying(this.policy, this.counts, () => this.#ask(url, asked, 'HEAD'));
    await dropBody(response);
    return response;
  }

  #ask(url: string, asked: string, method: 'GET' | 'HEAD' = 'GET'): Promise<Response> {
    const request = { url, asked, method, headers: authorization(), givesRedirects: method === 'HEAD' };
    return askWeb(request, this.policy, this.counts);
  }
}

/** What the hub says where there is no file, since there is nothing that could have it. */
const REPOSITORY_GONE = /^(Repo|Revision)NotFound$/;

/** Of redirects within the hub. */
const MOST_STEPS = 5;

interface TreeEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

function endpoint(): string {
  return (endpointFrom('HF_ENDPOINT') || 'https://huggingface.co').replace(/\/+$/, '');
}

function resolveUrl({ kind, repository, revision, path }: HubPlace): string {
  const prefix = kind === 'models' ? '' : `${kind}/`;
  return `${endpoint()}/${prefix}${repository}/resolve/${encodeURIComponent(revision)}/${escaped(path)}`;
}

function escaped(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function locationOf({ headers }: Response, asked: string): string {
  return new URL(headers.get('location') ?? asked, asked).href;
}

function leadsOn(response: Response, asked: string): boolean {
  const location = locationOf(response, asked);
  return (
    location !== asked &&
    new URL(location).origin === new URL(asked).origin &&
    !response.headers.has('x-linked-etag')
  );
}

function nextPage({ headers }: Response): string | undefined {
  return /<([^>]+)>;\s*rel="next"/.exec(headers.get('link') ?? '')?.[1];
}

function authorization(): Record<string, string> {
  const token = process.env['HF_TOKEN'] || savedToken();
  return token ? { authorization: `Bearer ${token}` } : {};
}

/** What `hf auth login` has kept. */
function savedToken(): string | undefined {
  const home =
    process.env['HF_HOME'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'huggingface');
  const path = process.env['HF_TOKEN_PATH'] || join(home, 'token');
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

function asTransient(error: StorageError): StorageError {
  const { code, fields, retryAfterMs } = error;
  return new StorageError(code, error.message, { cause: error, fields, isTransient: true, retryAfterMs });
}
