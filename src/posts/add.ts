import { resolvePlace } from '../base/output-place.ts';
import type { InputFormat, TextOptions } from '../tables/formats.ts';
import type { PartCounts } from './folder.ts';
import { type Fate, Ledger, type UserFate } from './ledger.ts';
import { type Place, PostProblems } from './problems.ts';
import type { FoundRoles } from './read/columns.ts';
import { FolderCounts, readInstaloader } from './read/instaloader.ts';
import { findSources, type Source } from './read/sources.ts';
import { readTable } from './read/table-rows.ts';
import type { PlacedSaid, PostSight } from './sight.ts';
import type { UsersList } from './users-list.ts';
import { PostsWriter } from './writer.ts';

/** Rows of a part, or a few more: what is in memory until it is published. */
const PART_ROWS = 20_000;

/** A part with long captions has fewer rows. */
const PART_CHARS = 16 * 1024 * 1024;

/** How posts are added. */
export interface AddOptions {
  /** The table's folder. */
  readonly to: string;
  /** Those who are wanted; not given: everybody. */
  readonly users?: UsersList | undefined;
  /** Which column of tables says what, where its name does not show it. */
  readonly roles: FoundRoles;
  readonly text: TextOptions;
  readonly inputFormat?: InputFormat | 'instaloader' | undefined;
  /** Where paths of images in tables start. */
  readonly imagesFolder?: string | undefined;
  /** When all was seen; not given: what a column says, or when the file was last written. */
  readonly seenAtMs?: number | undefined;
  /** For what is converted; the caller removes it. */
  readonly temporaryFolder: string;
  readonly partRows?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
  /** Called with the number of posts so far. */
  readonly onProgress?: ((posts: number) => void) | undefined;
  /** Called with the number of rows of which the index has been made. */
  readonly onIndexed?: ((rows: number) => void) | undefined;
}

/** What was met, and what became of it. */
export interface AddCounts {
  /** Posts that were met: the sum of the next four. */
  seen: number;
  added: number;
  /** Known, with other counts than before. */
  changed: number;
  known: number;
  leftOut: number;
  readonly problems: PostProblems;
  /** Looks at users: those of whom nothing was known, those of whom something else was, and those that say two things at one time. */
  readonly users: Record<Exclude<UserFate, 'known'>, number>;
  readonly folders: FolderCounts;
  /** What the table holds now. */
  total: PartCounts;
}

/**
 * Adds the posts and users of folders and tables to a table of posts. What is known and has not changed leaves nothing, so that the same command, stopped at any moment, may be run again.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_COLUMN_MISSING, BB_USAGE, BB_OUTPUT_FOLDER, BB_POSTS_LOCKED, BB_POSTS_CORRUPT, BB_SHARD_WRITE,
 *   BB_DISK_FULL; the signal's reason when it is aborted: what was published stays
 */
export async function addPosts(inputs: readonly string[], options: AddOptions): Promise<AddCounts> {
  const { to, onNote, onIndexed, inputFormat } = options;
  const except = resolvePlace(to, '--to');
  const sources = await findSources(inputs, { except, inputFormat, onNote });
  const writer = await PostsWriter.open(to, { onNote, onIndexed });
  try {
    return await new Addition(writer, { ...options, except }).add(sources);
  } finally {
    await writer.close();
  }
}

class Addition {
  readonly #writer: PostsWriter;
  readonly #options: AddOptions & { readonly except: string };
  readonly #ledger: Ledger;
  readonly #counts: AddCounts = {
    ...{ seen: 0, added: 0, changed: 0, known: 0, leftOut: 0, problems: new PostProblems() },
    ...{ users: { added: 0, changed: 0, conflict: 0 }, folders: new FolderCounts() },
    total: { posts: 0, history: 0, users: 0 },
  };

  constructor(writer: PostsWriter, options: AddOptions & { readonly except: string }) {
    this.#writer = writer;
    this.#options = options;
    this.#ledger = new Ledger(writer.index);
  }

  async add(sources: readonly Source[]): Promise<AddCounts> {
    const { partRows = PART_ROWS, signal, onProgress } = this.#options;
    for (const source of sources) {
      for await (const said of this.#read(source)) {
        signal?.throwIfAborted();
        await this.#take(said);
        if (this.#ledger.openRows >= partRows || this.#ledger.openChars >= PART_CHARS)
          await this.#writer.publish(this.#ledger.take());
        onProgress?.(this.#counts.seen);
      }
    }
    await this.#writer.publish(this.#ledger.take());
    return this.#closed();
  }

  #read(source: Source): AsyncGenerator<PlacedSaid> {
    const first = this.#options.users?.names ?? [];
    const reading = { ...this.#options, first, counts: this.#counts.folders };
    return 'folder' in source ? readInstaloader(source.folder, reading) : readTable(source.table, reading);
  }

  async #take({ post, counts, user, place }: PlacedSaid): Promise<void> {
    if (user && this.#isWanted(user.user)) {
      const fate = this.#ledger.seeUser(user);
      if (fate !== 'known') this.#counts.users[fate]++;
    }
    if (counts)
      this.#enter(
        this.#ledger.seeUpdate(counts, (name) => this.#isWanted(name)),
        place,
      );
    if (post !== undefined) this.#enter(typeof post === 'string' ? post : await this.#fateOf(post), place);
  }

  async #fateOf(post: PostSight): Promise<Fate> {
    return this.#isWanted(post.user) ? this.#ledger.seePost(post) : 'user_unlisted';
  }

  #enter(fate: Fate, place: Place): void {
    const counts = this.#counts;
    counts.seen++;
    if (fate === 'added' || fate === 'changed' || fate === 'known') counts[fate]++;
    else {
      counts.leftOut++;
      counts.problems.add(fate, place);
    }
  }

  #isWanted(user: string): boolean {
    return this.#options.users?.has(user) ?? true;
  }

  /** The books, closed. */
  #closed(): AddCounts {
    const counts = this.#counts;
    const { seen, added, changed, known, leftOut, problems } = counts;
    if (seen !== added + changed + known + leftOut || leftOut !== problems.total)
      throw new Error(`The books do not close: ${JSON.stringify({ seen, added, changed, known, leftOut })}`);
    const { parts } = this.#writer.record;
    const sumOf = (kind: keyof PartCounts): number => parts.reduce((sum, part) => sum + part[kind], 0);
    counts.total = { posts: sumOf('posts'), history: sumOf('history'), users: sumOf('users') };
    return counts;
  }
}
