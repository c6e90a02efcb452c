import type { StorageCounts } from './retry.ts';

/** A file, or what an object store has of one. */
export interface StoredObject {
  /** As it is asked for again: a URL, or an absolute path. */
  readonly url: string;
  readonly bytes: number;
  /** Changes when the content does: an ETag, of a file its time and inode; not given where a server has none. */
  readonly tag?: string;
}

/** For reads: what the object has to be still. */
export interface ReadOptions {
  /** The `tag` that a stat or listing gave. */
  readonly tag?: string | undefined;
}

/** For streams. */
export interface StreamOptions extends ReadOptions {
  /** A part of an object whose size is known, so that it is not asked for; the whole where not given. */
  readonly range?: { readonly from: number; readonly bytes: number } | undefined;
}

/** The bytes themselves, or the path of a file that holds them. */
export type Content = Uint8Array | string;

/**
 * A place of files: this machine, an object store, a web server, the hub. All of them throw `StorageError`:
 * BB_STORAGE_UNREACHABLE and BB_STORAGE_TRUNCATED once something was tried often enough, BB_STORAGE_DENIED, BB_STORAGE_EXPIRED,
 * BB_STORAGE_NOT_FOUND, BB_STORAGE_REFUSED, and BB_STORAGE_UNSUPPORTED for what a place cannot do. Files also give
 * BB_SHARD_WRITE and BB_DISK_FULL.
 */
export interface Storage {
  readonly scheme: string;
  readonly counts: StorageCounts;
  /** @returns undefined where there is nothing. @throws StorageError BB_STORAGE_NOT_FOUND where the bucket itself is not there */
  stat(url: string): Promise<StoredObject | undefined>;
  /** All objects whose keys begin with that of the URL, in the order of their keys' bytes. Of files: a folder, with all below it. */
  list(prefixUrl: string): AsyncIterable<StoredObject>;
  /**
   * Exactly these bytes.
   *
   * @throws StorageError BB_STORAGE_CHANGED where the object is another than `tag` says or ends before the range; BB_STORAGE_NOT_FOUND
   */
  readRange(url: string, from: number, bytes: number, options?: ReadOptions): Promise<Buffer>;
  /** The whole object, or a range of it, in pieces, its length checked; a cut is resumed. @throws as `readRange` */
  readStream(url: string, options?: StreamOptions): AsyncIterable<Buffer>;
  /**
   * Writes an object that nobody has written yet, whole or not at all.
   *
   * @returns false where another's stands; that this one's stands after a lost answer is found out
   */
  putIfAbsent(url: string, content: Content): Promise<boolean>;
  /** Writes an object, whole or not at all; what was there is replaced in one step. */
  put(url: string, content: Content): Promise<void>;
  /**
   * Writes an object in the place of the one that has a tag still, whole or not at all. Where the place cannot look at that as it writes (file systems, Google's storage, services that
   * pass over If-Match) it is looked at before, and what another writes in between is replaced.
   *
   * @returns false where another object stands, or none; that this one's stands after a lost answer is found out
   */
  putIfTag(url: string, content: Content, tag: string): Promise<boolean>;
  /** Within the place itself: no byte comes here. @throws StorageError BB_STORAGE_NOT_FOUND where there is no source */
  copy(fromUrl: string, toUrl: string): Promise<void>;
  /** What is not there is no error. */
  delete(url: string): Promise<void>;
  /**
   * Removes what killed writers left that no listing shows, and that is older than a day: uploads in parts, below a prefix; probes right below it and in
   * `folders`. For who owns all that lies there.
   *
   * @param prefixUrl ends with `/`, as each of `folders` does
   * @returns how many were removed; 0 where a place leaves nothing
   */
  removeLeftovers(prefixUrl: string, folders: readonly string[]): Promise<number>;
}
