import type { Content, ReadOptions, Storage, StoredObject, StreamOptions } from './contract.ts';
import { changed, notFound } from './errors.ts';
import { collectRange, type OpenBody, resumedRange, type WantedRange } from './ranged-reads.ts';
import type { RetryPolicy, StorageCounts } from './retry.ts';

/** A place on a network, whose files are read by ranges: a stream is a range that is gone on with where it is cut. */
export abstract class RangedStorage implements Storage {
  abstract readonly scheme: string;
  abstract readonly counts: StorageCounts;
  protected abstract readonly policy: RetryPolicy;
  /** What a file is called there. */
  protected abstract readonly fileWord: 'file' | 'object';
  /** Why a file is not the one that was found. */
  protected abstract readonly otherFile: string;

  abstract stat(url: string): Promise<StoredObject | undefined>;
  abstract list(prefixUrl: string): AsyncIterable<StoredObject>;
  abstract putIfAbsent(url: string, content: Content): Promise<boolean>;
  abstract put(url: string, content: Content): Promise<void>;
  abstract putIfTag(url: string, content: Content, tag: string): Promise<boolean>;
  abstract copy(fromUrl: string, toUrl: string): Promise<void>;
  abstract delete(url: string): Promise<void>;
  abstract removeLeftovers(prefixUrl: string, folders: readonly string[]): Promise<number>;

  /** One request for a range; whoever reads it counts the tries. */
  protected abstract openRange(range: WantedRange, options: ReadOptions): ReturnType<OpenBody>;

  async readRange(url: string, from: number, bytes: number, options: ReadOptions = {}): Promise<Buffer> {
    const range = { url, from, bytes };
    return collectRange(range, this.#range(range, options));
  }

  async *readStream(url: string, options: StreamOptions = {}): AsyncIterable<Buffer> {
    if (options.range) return yield* this.#range({ url, ...options.range }, options);
    const found = await this.stat(url);
    if (!found) throw notFound(url, this.fileWord);
    if (options.tag !== undefined && options.tag !== found.tag) throw changed(url, this.otherFile);
    yield* this.#range({ url, from: 0, bytes: found.bytes }, { tag: found.tag });
  }

  #range(range: WantedRange, options: ReadOptions): AsyncGenerator<Buffer> {
    const open: OpenBody = (from, bytes) => this.openRange({ url: range.url, from, bytes }, options);
    return resumedRange(range, open, this.policy, this.counts);
  }
}
