import type { ReadOptions, Storage, StoredObject, StreamOptions } from '../contract.ts';
import { changed, notFound, unsupported } from '../errors.ts';
import { collectRange, type OpenBody, resumedRange, type WantedRange } from '../ranged-reads.ts';
import type { RetryPolicy, StorageCounts } from '../retry.ts';

/** A place whose files are read by ranges, and where nothing is written. */
export abstract class ReadOnlyStorage implements Storage {
  readonly counts: StorageCounts = { requests: 0, retries: 0, readBytes: 0, writtenBytes: 0 };
  abstract readonly scheme: string;
  protected readonly policy: RetryPolicy;
  /** Why a file is not the one that was found. */
  protected abstract readonly otherFile: string;

  constructor(policy: RetryPolicy) {
    this.policy = policy;
  }

  abstract stat(url: string): Promise<StoredObject | undefined>;

  abstract list(prefixUrl: string): AsyncIterable<StoredObject>;

  /** One request for a range; whoever reads it counts the tries. */
  protected abstract openRange(range: WantedRange, options: ReadOptions): ReturnType<OpenBody>;

  async readRange(url: string, from: number, bytes: number, options: ReadOptions = {}): Promise<Buffer> {
    const range = { url, from, bytes };
    return collectRange(range, this.#range(range, options));
  }

  async *readStream(url: string, options: StreamOptions = {}): AsyncIterable<Buffer> {
    if (options.range) return yield* this.#range({ url, ...options.range }, options);
    const found = await this.stat(url);
    if (!found) throw notFound(url, 'file');
    if (options.tag !== undefined && options.tag !== found.tag) throw changed(url, this.otherFile);
    yield* this.#range({ url, from: 0, bytes: found.bytes }, { tag: found.tag });
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

  async removeLeftovers(): Promise<number> {
    return 0;
  }

  #range(range: WantedRange, options: ReadOptions): AsyncGenerator<Buffer> {
    const open: OpenBody = (from, bytes) => this.openRange({ url: range.url, from, bytes }, options);
    return resumedRange(range, open, this.policy, this.counts);
  }
}

/** @param url where something was to be written */
function readOnly(url: string) {
  return unsupported(url, 'nothing is written there. Write to this machine, or to s3://.');
}
