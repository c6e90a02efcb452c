import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { commitFileOnce, makeFolders, removeTemporariesOf, writeFileAtomic, writing } from '../base/files.ts';
import { isObject } from '../base/json-object.ts';
import { isEmptyPlace, OutputPlace, resolvePlace } from '../base/output-place.ts';
import { type KnownPost, KnownPosts, type KnownState } from './known-posts.ts';
import { type NumberedFile, numberedFiles, numberedName } from './numbered-files.ts';
import type { Feed } from './post.ts';
import { PostTables, type SeenPost, type Update } from './post-tables.ts';

/** The files and folders of a collection, by their names in its folder. */
export const COLLECTION_FILES = {
  record: 'collection.json',
  shards: 'shards',
  updates: 'updates',
  known: 'known.bin',
  pause: 'pause.json',
} as const;

/** What is committed in one go. */
export interface Batch {
  /** New posts, which become a shard. */
  readonly posts: readonly SeenPost[];
  readonly updates: readonly Update[];
  /** What is known from now on, of these posts and of those that are not taken. */
  readonly known: ReadonlyMap<string, KnownPost>;
}

/** How a collection is opened. */
export interface CollectionOptions {
  readonly folder: string;
  /** The flag that names the folder, for advice. */
  readonly flag: string;
  readonly feed: Pick<Feed, 'name' | 'identity' | 'source'>;
  readonly onNote?: ((note: string) => void) | undefined;
}

/** Ids that are made known at a time where files are read again. */
const READ_AT_ONCE = 100_000;

/** The folder that posts of one feed are collected in, taken for this process. */
export class Collection {
  readonly #place: OutputPlace;
  readonly #known: KnownPosts;
  readonly #tables: PostTables;
  readonly #source: string;
  /** Whether something of the run that goes on is known already. */
  #isRunBegun = false;

  private constructor(place: OutputPlace, known: KnownPosts, tables: PostTables, source: string) {
    this.#place = place;
    this.#known = known;
    this.#tables = tables;
    this.#source = source;
  }

  /**
   * Takes the folder, makes it where it is missing, and makes known what a killed process wrote and did not come to note.
   *
   * @throws BowerbirdError BB_OUTPUT_FOLDER where something else lies there, BB_COLLECTION_OTHER where posts of another feed do, BB_RUN_LOCKED,
   *   BB_DISK_FULL, BB_SHARD_WRITE; TableError BB_SHARD_READ
   */
  static async open({ folder, flag, feed, onNote }: CollectionOptions): Promise<Collection> {
    const path = resolvePlace(folder, flag);
    if (!existsSync(join(path, COLLECTION_FILES.record)) && !isEmptyPlace(path)) throw notOurs(path, flag);
    const place = await OutputPlace.take(folder, { flag, inPlace: true, kind: 'a collection' });
    try {
      await checkRecord(place.path, feed, flag);
      await removeTemporariesOf(place.path, Object.values(COLLECTION_FILES));
      await place.clear();
      for (const name of [COLLECTION_FILES.shards, COLLECTION_FILES.updates])
        await writing(place.path, () => makeFolders(join(place.path, name)));
      const { known, isWhole } = await KnownPosts.open(join(place.path, COLLECTION_FILES.known));
      if (!isWhole)
        onNote?.(
          `${COLLECTION_FILES.known} is damaged: it is made anew from the shards, and the feed is read to where they end.`,
        );
      const tables = new PostTables(join(place.staging, 'spill'));
      const collection = new Collection(place, known, tables, feed.source);
      await collection.#catchUp();
      return collection;
    } catch (thrown) {
      await place.release();
      throw thrown;
    }
  }

  /** Absolute. */
  get path(): string {
    return this.#place.path;
  }

  /** The run that is going on: its posts say nothing of those behind them until it has come to its end. */
  get run(): number {
    return this.#known.state.completedRun + 1;
  }

  get knownCount(): number {
    return this.#known.count;
  }

  async find(ids: readonly string[]): Promise<ReadonlyMap<string, KnownPost>> {
    return this.#known.find(ids);
  }

  /** Whether a known post was seen by a run that came to its end, so that what was posted before it is known too. */
  isBehindKnown({ run }: KnownPost): boolean {
    return run <= this.#known.state.completedRun;
  }

  /**
   * Writes a batch: its shard, its updates, then what is known. What has its name is kept, whenever the process ends.
   *
   * @param isEnd whether the run has come to its end with it
   * @returns the paths of what was written
   * @throws BowerbirdError BB_RUN_LOCKED where the folder is no longer ours, BB_DISK_FULL, BB_SHARD_WRITE
   */
  async commit({ posts, updates, known }: Batch, isEnd: boolean): Promise<string[]> {
    const isEmpty = known.size === 0 && posts.length === 0 && updates.length === 0;
    if (isEmpty && !(isEnd && this.#isRunBegun)) return [];
    await this.#place.lock.assertHeld();
    const written: string[] = [];
    let { shards, updates: updateFiles, completedRun } = this.#known.state;
    if (posts.length > 0) {
      const write = (path: string): Promise<void> => this.#tables.writePosts(path, posts, this.#source);
      written.push(await this.#commitFile(COLLECTION_FILES.shards, shards++, write));
    }
    if (updates.length > 0) {
      const write = (path: string): Promise<void> => this.#tables.writeUpdates(path, updates);
      written.push(await this.#commitFile(COLLECTION_FILES.updates, updateFiles++, write));
    }
    if (isEnd) completedRun++;
    await this.#known.replace(known, { shards, updates: updateFiles, completedRun });
    this.#isRunBegun = !isEnd;
    return written;
  }

  /** Until when the host wants not to be asked, as an earlier process was told; ms since 1970, 0 for never. */
  get openMs(): number {
    try {
      const said: unknown = JSON.parse(readFileSync(join(this.path, COLLECTION_FILES.pause), 'utf8'));
      const until = isObject(said) ? Date.parse(String(said['until'])) : Number.NaN;
      return Number.isNaN(until) ? 0 : until;
    } catch {
      // It only spares a request.
      return 0;
    }
  }

  /** Keeps for the next process until when the host wants not to be asked. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  async keepPause(untilMs: number): Promise<void> {
    const text = `${JSON.stringify({ until: new Date(untilMs).toISOString() })}\n`;
    await writeFileAtomic(join(this.path, COLLECTION_FILES.pause), text);
  }

  async close(): Promise<void> {
    this.#tables.close();
    await this.#known.close();
    await this.#place.release();
  }

  async #commitFile(folder: string, number: number, write: (path: string) => Promise<void>): Promise<string> {
    const staged = join(this.#place.files, `${folder}-${numberedName(number)}`);
    const path = join(this.path, folder, numberedName(number));
    await write(staged);
    if (await commitFileOnce(staged, path)) return path;
    throw new BowerbirdError(
      'BB_SHARD_WRITE',
      `${path} has appeared while it was being made. Run the same command again.`,
      {
        fields: { path },
      },
    );
  }

  /** Makes known what lies in files that the known posts do not tell of. */
  async #catchUp(): Promise<void> {
    for (const kind of ['shards', 'updates'] as const) {
      const files = numberedFiles(join(this.path, COLLECTION_FILES[kind]));
      const news = files.filter(({ number }) => number >= this.#known.state[kind]);
      for (let at = 0; at < news.length; ) at = await this.#readSome(kind, news, at);
    }
  }

  /** @returns the place of the first file that was not read */
  async #readSome(kind: 'shards' | 'updates', files: readonly NumberedFile[], from: number): Promise<number> {
    const found = new Map<string, KnownPost>();
    let at = from;
    while (at < files.length && found.size < READ_AT_ONCE) {
      for (const { id, likes } of await this.#tables.readLikes(files[at++]!.path))
        found.set(id, { likes, run: this.run, isTaken: true });
    }
    const state: KnownState = { ...this.#known.state, [kind]: files[at - 1]!.number + 1 };
    // Of updates, what the shards said of the run stays.
    const before =
      kind === 'updates' ? await this.#known.find([...found.keys()]) : new Map<string, KnownPost>();
    for (const [id, { run }] of before) found.set(id, { ...found.get(id)!, run });
    await this.#known.replace(found, state);
    return at;
  }
}

function notOurs(path: string, flag: string): BowerbirdError {
  return new BowerbirdError(
    'BB_OUTPUT_FOLDER',
    `${path} is neither empty nor a collection. Choose another ${flag}.`,
    { fields: { path } },
  );
}

/** Binds the folder to a feed, or finds that it is bound to this one. */
async function checkRecord(
  path: string,
  { name, identity }: Pick<Feed, 'name' | 'identity'>,
  flag: string,
): Promise<void> {
  const file = join(path, COLLECTION_FILES.record);
  const digest = createHash('sha256').update(identity).digest('hex');
  if (!existsSync(file)) {
    // A query may hold a key of somebody's: the file tells the feed by a digest.
    const record = { format: 'bowerbird-collection', version: 1, feed: name, feed_sha256: digest };
    await writeFileAtomic(file, `${JSON.stringify(record, undefined, 2)}\n`);
    return;
  }
  const record = readRecord(file);
  if (record.digest === digest) return;
  throw new BowerbirdError(
    'BB_COLLECTION_OTHER',
    `${path} holds posts of another feed (${record.feed}). Choose another ${flag} for ${name}.`,
    { fields: { path, feed: name } },
  );
}

function readRecord(file: string): { readonly feed: string; readonly digest: string } {
  try {
    const record: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isObject(record) || record['format'] !== 'bowerbird-collection') throw new Error('it is none');
    if (record['version'] !== 1) throw new Error(`its version is ${String(record['version'])}`);
    return { feed: String(record['feed']), digest: String(record['feed_sha256']) };
  } catch (cause) {
    throw new BowerbirdError(
      'BB_OUTPUT_FOLDER',
      `${file} is not the record of a collection: ${messageOf(cause)}. Mend it, or choose another folder.`,
      { cause, fields: { path: file } },
    );
  }
}
