import { postHashes } from './hash.ts';
import type { Counts, IdIndex, KnownPost, Look, UserFacts } from './ids.ts';
import type { HistoryRow, PostRow, UserRow } from './part.ts';
import type { PostProblem } from './problems.ts';
import type { CountsSight, PostSight, UserSight } from './sight.ts';

/** What became of a look at a post. */
export type Fate = 'added' | 'changed' | 'known' | PostProblem;

/** What became of a look at a user. */
export type UserFate = 'added' | 'changed' | 'known' | 'conflict';

/** Rows that are not published yet. */
export interface OpenRows {
  readonly posts: readonly PostRow[];
  readonly history: readonly HistoryRow[];
  readonly users: readonly UserRow[];
}

/**
 * Decides what of that which is seen is new. It knows what was published by the index, and what was not yet by its own memory, which holds
 * one part's rows.
 */
export class Ledger {
  readonly #index: IdIndex;
  #posts = new Map<string, Omit<PostRow, 'hash'>>();
  #history: HistoryRow[] = [];
  /** By user and time. */
  #users = new Map<string, UserRow>();
  #counts = new Looks<Counts>();
  #facts = new Looks<UserFacts>();
  #chars = 0;

  constructor(index: IdIndex) {
    this.#index = index;
  }

  /** How many rows are not published. */
  get openRows(): number {
    return this.#posts.size + this.#history.length + this.#users.size;
  }

  /** How long their texts are together, in UTF-16 code units, but for ids and names of users. */
  get openChars(): number {
    return this.#chars;
  }

  async seePost(sight: PostSight): Promise<Fate> {
    const known = this.#knownPost(sight.postId);
    if (known) return isSameUser(known, sight) ? this.#seeCounts(sight) : 'user_other';
    const picture = await sight.findPicture();
    if (typeof picture === 'string') return picture;
    const { postId, user, userId, timeMs, caption, imageCount, source } = sight;
    this.#posts.set(postId, { postId, user, userId, timeMs, caption, ...picture, imageCount, source });
    this.#chars += lengthOf(caption) + lengthOf(picture.imagePath) + lengthOf(picture.url);
    this.#addCounts(sight);
    return 'added';
  }

  /** @param isWanted whether the posts of a user are wanted */
  seeUpdate(sight: CountsSight, isWanted: (user: string) => boolean): Fate {
    const known = this.#knownPost(sight.postId);
    if (!known) return 'post_unknown';
    return isWanted(known[0]) ? this.#seeCounts(sight) : 'user_unlisted';
  }

  seeUser(sight: UserSight): UserFate {
    const { user, seenAtMs } = sight;
    const before = latest(this.#facts.at(user, seenAtMs), this.#index.userAt(user, seenAtMs));
    const facts = merged(before?.facts, sight);
    if (before && areSame(before.facts, facts)) return 'known';
    if (!before && this.#isToldLater(sight)) return 'known';
    if (before?.seenAtMs === seenAtMs && !isFuller(before.facts, facts)) return 'conflict';
    const key = `${user}\0${seenAtMs}`;
    const fate = this.#users.has(key)
      ? 'known'
      : before !== undefined || this.#isKnownUser(user)
        ? 'changed'
        : 'added';
    const [userId, name, followers, postsCount] = facts;
    // A fuller look at the same time takes the place of the one that is not published yet.
    this.#users.set(key, { user, userId, name, followers, postsCount, seenAtMs });
    this.#chars += lengthOf(name);
    this.#facts.add(user, { seenAtMs, facts });
    return fate;
  }

  /** Gives the rows that are to be published, which it then takes for published. */
  take(): OpenRows {
    const posts = [...this.#posts.values()];
    const hashes = postHashes(posts);
    const rows = {
      posts: posts.map((post, i) => ({ ...post, hash: hashes[i]! })),
      history: this.#history,
      users: [...this.#users.values()],
    };
    this.#posts = new Map();
    this.#history = [];
    this.#users = new Map();
    this.#counts = new Looks();
    this.#facts = new Looks();
    this.#chars = 0;
    return rows;
  }

  #knownPost(postId: string): KnownPost | undefined {
    const open = this.#posts.get(postId);
    return open ? [open.user, open.userId] : this.#index.post(postId);
  }

  #isKnownUser(user: string): boolean {
    return this.#facts.has(user) || this.#index.userAt(user, Number.MAX_SAFE_INTEGER) !== undefined;
  }

  /** Whether the first look after one before which there is none has all that this one has: downloads go from the newest post to the oldest. */
  #isToldLater(sight: UserSight): boolean {
    const { user, seenAtMs } = sight;
    const after = earliest(this.#facts.after(user, seenAtMs), this.#index.userAfter(user, seenAtMs));
    return after !== undefined && isFuller(merged(undefined, sight), after.facts);
  }

  /** A look that found what the one before it had found, or of the earliest what the next found, leaves no row. What is not told stays as it was. */
  #seeCounts(sight: CountsSight): Fate {
    const { postId, seenAtMs } = sight;
    const before = latest(this.#counts.at(postId, seenAtMs), this.#index.countsAt(postId, seenAtMs));
    const [oldLikes = null, oldComments = null] = before?.facts ?? [];
    const likes = sight.likes === undefined ? oldLikes : sight.likes;
    const comments = sight.comments ?? oldComments;
    if (before && areSame(before.facts, [likes, comments])) return 'known';
    if (before?.seenAtMs === seenAtMs) return 'counts_conflict';
    if (!before) {
      const after = earliest(this.#counts.after(postId, seenAtMs), this.#index.countsAfter(postId, seenAtMs));
      const [newLikes, newComments] = after?.facts ?? [];
      const isToldLater =
        (sight.likes === undefined || likes === newLikes) && [null, newComments].includes(comments);
      if (isToldLater) return 'known';
    }
    this.#addCounts({ postId, likes, comments, seenAtMs });
    return 'changed';
  }

  #addCounts({ postId, likes = null, comments, seenAtMs }: CountsSight): void {
    this.#history.push({ postId, likes, comments, seenAtMs });
    this.#counts.add(postId, { seenAtMs, facts: [likes, comments] });
  }
}

/** Looks that are not published yet, by what was looked at, in the order of their times. */
class Looks<Facts> {
  readonly #looks = new Map<string, Look<Facts>[]>();

  has(name: string): boolean {
    return this.#looks.has(name);
  }

  /** The last up to a time, that time included. */
  at(name: string, seenAtMs: number): Look<Facts> | undefined {
    return this.#looks.get(name)?.findLast((look) => look.seenAtMs <= seenAtMs);
  }

  /** The first after a time. */
  after(name: string, seenAtMs: number): Look<Facts> | undefined {
    return this.#looks.get(name)?.find((look) => look.seenAtMs > seenAtMs);
  }

  add(name: string, look: Look<Facts>): void {
    const looks = this.#looks.get(name) ?? [];
    const place = looks.findLastIndex(({ seenAtMs }) => seenAtMs <= look.seenAtMs);
    const isReplaced = looks[place]?.seenAtMs === look.seenAtMs;
    looks.splice(isReplaced ? place : place + 1, isReplaced ? 1 : 0, look);
    this.#looks.set(name, looks);
  }
}

function latest<Facts>(a: Look<Facts> | undefined, b: Look<Facts> | undefined): Look<Facts> | undefined {
  if (!a || !b) return a ?? b;
  return b.seenAtMs > a.seenAtMs ? b : a;
}

function earliest<Facts>(a: Look<Facts> | undefined, b: Look<Facts> | undefined): Look<Facts> | undefined {
  if (!a || !b) return a ?? b;
  return b.seenAtMs < a.seenAtMs ? b : a;
}

function lengthOf(text: string | null): number {
  return text?.length ?? 0;
}

/** Names change; numbers of users do not. */
function isSameUser([user, userId]: KnownPost, sight: PostSight): boolean {
  return user === sight.user || (userId !== null && userId === sight.userId);
}

/** What is not told stays as it was. */
function merged(before: UserFacts | undefined, sight: UserSight): UserFacts {
  const { userId, name, followers, postsCount } = sight;
  const [oldId = null, oldName = null, oldFollowers = null, oldCount = null] = before ?? [];
  return [userId ?? oldId, name ?? oldName, followers ?? oldFollowers, postsCount ?? oldCount];
}

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.every((value, i) => value === b[i]);
}

/** Whether facts add to others and contradict none of them. */
function isFuller(before: UserFacts, facts: UserFacts): boolean {
  return before.every((value, i) => value === null || value === facts[i]);
}
