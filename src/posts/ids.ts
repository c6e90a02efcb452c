import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open, type RangeOptions, type RootDatabase } from 'lmdb';
import { remove, removeQuietly, writeFileAtomic } from '../base/files.ts';
import { writeFailure } from '../tables/errors.ts';
import { digestFile } from './digest-file.ts';
import type { PartRecord, PostsRecord } from './folder.ts';
import type { HistoryRow, PartRows, UserRow } from './part.ts';
import { type IndexRows, readParts } from './part-rows.ts';

const INDEX_FOLDER = 'index';
/** LMDB's own name for it. */
const DATA_FILE = 'data.mdb';
const STATE_FILE = 'state.json';
/** Changes with what is kept under which key. */
const LAYOUT = 1;

/** Whose a known post is. */
export type KnownPost = readonly [user: string, userId: string | null];

/** What was counted of a post; what is known of a user. */
export type Counts = readonly [likes: bigint | null, comments: bigint | null];
export type UserFacts = readonly [
  userId: string | null,
  name: string | null,
  followers: bigint | null,
  postsCount: bigint | null,
];

/** Facts, and the time of the look that found them. */
export interface Look<Facts> {
  readonly seenAtMs: number;
  readonly facts: Facts;
}

/** What lies beside a database that was closed: which parts are in it, and the digest of its file. */
interface State {
  readonly layout: number;
  /** How many parts, and the sha256 of what the record says of them. */
  readonly parts: number;
  readonly record: string;
  readonly sha256: string;
}

/**
 * The ids that are in a table of posts, and all that was counted, in LMDB beside the parts: known in the memory that the machine can spare. It is made of
 * the parts. Where it was not closed by who opened it last (a kill), is damaged, or is of other parts, it is made anew: LMDB trusts the bytes of its file.
 */
export class IdIndex {
  readonly #database: RootDatabase;
  readonly #folder: string;
  #parts: readonly PartRecord[];

  private constructor(folder: string, parts: readonly PartRecord[]) {
    this.#folder = folder;
    this.#parts = parts;
    // What a kill leaves is thrown away: nothing has to be brought to the disk.
    this.#database = open({ path: folder, maxDbs: 1, noSync: true });
  }

  /** @throws errors of LMDB; BowerbirdError BB_POSTS_CORRUPT where a part cannot be read, BB_SHARD_WRITE, BB_DISK_FULL */
  static async open(
    place: string,
    { parts }: PostsRecord,
    onBuild: (rows: number) => void,
  ): Promise<IdIndex> {
    const folder = join(place, INDEX_FOLDER);
    const known = await soundParts(folder, parts);
    await remove(known === 0 ? folder : join(folder, STATE_FILE));
    const index = new IdIndex(folder, parts.slice(0, known));
    try {
      await index.#catchUp(place, parts, onBuild);
      return index;
    } catch (thrown) {
      await index.#database.close();
      throw thrown;
    }
  }

  post(postId: string): KnownPost | undefined {
    return this.#database.get(['p', postId]) as KnownPost | undefined;
  }

  /** The last look at a post up to a time, that time included. */
  countsAt(postId: string, seenAtMs: number): Look<Counts> | undefined {
    return this.#lookBefore('c', postId, seenAtMs);
  }

  /** The first look at a post after a time. */
  countsAfter(postId: string, seenAtMs: number): Look<Counts> | undefined {
    return this.#lookAfter('c', postId, seenAtMs);
  }

  /** As `countsAt`, of a user. */
  userAt(user: string, seenAtMs: number): Look<UserFacts> | undefined {
    return this.#lookBefore('u', user, seenAtMs);
  }

  /** As `countsAfter`, of a user. */
  userAfter(user: string, seenAtMs: number): Look<UserFacts> | undefined {
    return this.#lookAfter('u', user, seenAtMs);
  }

  #lookBefore<Facts>(kind: string, name: string, seenAtMs: number): Look<Facts> | undefined {
    return this.#firstLook({ start: [kind, name, seenAtMs], end: [kind, name], reverse: true });
  }

  #lookAfter<Facts>(kind: string, name: string, seenAtMs: number): Look<Facts> | undefined {
    return this.#firstLook({ start: [kind, name, seenAtMs + 1], end: [kind, name, Number.MAX_SAFE_INTEGER] });
  }

  #firstLook<Facts>(range: RangeOptions): Look<Facts> | undefined {
    for (const { key, value } of this.#database.getRange({ ...range, limit: 1 }))
      return { seenAtMs: (key as [string, string, number])[2], facts: value as Facts };
    return undefined;
  }

  /** Takes a part that has just been published: the last of the record. */
  put({ parts }: PostsRecord, rows: { readonly [Kind in keyof PartRows]: readonly PartRows[Kind][] }): void {
    this.#putRows(rows);
    this.#parts = parts;
  }

  /** Closes it, and says what is in it. Where that cannot be written, the next to open it makes it anew, which costs time and nothing else. */
  async close(): Promise<void> {
    await this.#database.flushed;
    await this.#database.close();
    try {
      const state: State = {
        ...{ layout: LAYOUT, parts: this.#parts.length, record: recordDigest(this.#parts) },
        sha256: await fileDigest(join(this.#folder, DATA_FILE)),
      };
      await writeFileAtomic(join(this.#folder, STATE_FILE), `${JSON.stringify(state)}\n`);
    } catch {
      await removeQuietly(join(this.#folder, STATE_FILE));
    }
  }

  /** Reads the parts that are not in it yet. */
  async #catchUp(
    place: string,
    parts: readonly PartRecord[],
    onBuild: (rows: number) => void,
  ): Promise<void> {
    const missing = parts.map((counts, at) => ({ counts, place: at })).slice(this.#parts.length);
    let rows = 0;
    for await (const chunk of readParts(place, missing)) {
      this.#putRows(chunk);
      rows += chunk.posts.length + chunk.history.length + chunk.users.length;
      onBuild(rows);
    }
    this.#parts = parts;
  }

  /** @throws TableError BB_SHARD_WRITE, BB_DISK_FULL */
  #putRows(rows: IndexRows): void {
    try {
      this.#database.transactionSync(() => {
        this.#putPosts(rows.posts);
        this.#putHistory(rows.history);
        this.#putUsers(rows.users);
      });
    } catch (thrown) {
      throw writeFailure(join(this.#folder, DATA_FILE), thrown);
    }
  }

  #putPosts(posts: readonly Pick<PartRows['posts'], 'postId' | 'user' | 'userId'>[]): void {
    for (const { postId, user, userId } of posts) this.#database.putSync(['p', postId], [user, userId]);
  }

  #putHistory(history: readonly HistoryRow[]): void {
    for (const { postId, likes, comments, seenAtMs } of history)
      this.#database.putSync(['c', postId, seenAtMs], [likes, comments]);
  }

  #putUsers(users: readonly UserRow[]): void {
    for (const { user, userId, name, followers, postsCount, seenAtMs } of users)
      this.#database.putSync(['u', user, seenAtMs], [userId, name, followers, postsCount]);
  }
}

/** How many of the parts are in the database that lies there; 0 where it cannot be trusted. */
async function soundParts(folder: string, parts: readonly PartRecord[]): Promise<number> {
  try {
    const state = JSON.parse(await readFile(join(folder, STATE_FILE), 'utf8')) as Partial<State> | null;
    const known = state?.parts ?? 0;
    if (state?.layout !== LAYOUT || state.record !== recordDigest(parts.slice(0, known))) return 0;
    return state.sha256 === (await fileDigest(join(folder, DATA_FILE))) ? known : 0;
  } catch {
    // It is not there, or no JSON, or cannot be read: what is made anew tells what is wrong with the place.
    return 0;
  }
}

function recordDigest(parts: readonly PartRecord[]): string {
  return createHash('sha256')
    .update(JSON.stringify(parts.map(({ sha256 }) => sha256)))
    .digest('hex');
}

async function fileDigest(path: string): Promise<string> {
  const digest = createHash('sha256');
  await digestFile(path, digest);
  return digest.digest('hex');
}
