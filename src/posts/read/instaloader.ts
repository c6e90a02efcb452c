import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { PostProblem } from '../problems.ts';
import type { Picture, PlacedSaid, PostSight } from '../sight.ts';
import { isName } from '../values.ts';
import { type Bounds, FolderPictures, pictureProblem } from './folder-pictures.ts';
import { kindOf, type ReadPost, readPost, readUser, tellsMore } from './instaloader-json.ts';
import { readJsonFile } from './json-file.ts';
import { isJsonName, type TreeFolder, userOfFolder, walkTree } from './tree.ts';

/** A caption beside a post of which the JSON has none. */
const MAX_CAPTION_BYTES = 64 * 1024;

/** How a folder of Instaloader is read. */
export interface InstaloaderReading {
  /** Names of users, in small letters: folders in the root that are called so come first, in this order. */
  readonly first: readonly string[];
  /** A folder in it that is passed over: the table of posts, as its path without links. */
  readonly except?: string | undefined;
  /** When all was seen; not given: when each JSON file was last written. */
  readonly seenAtMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly counts: FolderCounts;
}

/** What was met in folders beside posts. */
export class FolderCounts {
  /** JSON files that describe a user. */
  profiles = 0;
  /** JSON files of other things: stories, hashtags, comments, where a download was interrupted. */
  others = 0;
  /** Links to folders and folders that cannot be read. */
  readonly passedOver: string[] = [];
  passedOverCount = 0;

  passOver(path: string, why: string): void {
    this.passedOverCount++;
    if (this.passedOver.length < 3) this.passedOver.push(`${path} (${why})`);
  }
}

/**
 * What the JSON files in a folder and in all below it say, in the order of their paths.
 *
 * @throws errors of Node where the folder cannot be read; the signal's reason when it is aborted
 */
export async function* readInstaloader(
  folder: string,
  reading: InstaloaderReading,
): AsyncGenerator<PlacedSaid> {
  const root = resolve(folder);
  const bounds: Bounds = { realRoot: await realpath(root) };
  const { first, except, counts, signal } = reading;
  const onPassedOver = (path: string, why: string): void => counts.passOver(path, why);
  for await (const level of walkTree(root, { ...bounds, first, except, onPassedOver })) {
    const files = level.names.filter(isJsonName);
    if (files.length === 0) continue;
    const reader = new LevelReader(level, bounds, reading, await userOfFolder(level));
    for (const name of files) {
      signal?.throwIfAborted();
      const said = await reader.read(name);
      if (said) yield said;
    }
  }
}

/** Whose folder it is, by Instaloader's own file. */
interface FolderOwner {
  readonly name: string;
  readonly userId: string;
}

/** Reads the files of one folder. */
class LevelReader {
  readonly #level: TreeFolder;
  readonly #bounds: Bounds;
  readonly #reading: InstaloaderReading;
  readonly #owner: FolderOwner | undefined;
  readonly #pictures: FolderPictures;

  constructor(
    level: TreeFolder,
    bounds: Bounds,
    reading: InstaloaderReading,
    owner: FolderOwner | undefined,
  ) {
    this.#level = level;
    this.#bounds = bounds;
    this.#reading = reading;
    this.#owner = owner;
    this.#pictures = new FolderPictures(level.path, level.names);
  }

  /** What a file says; undefined where it is about something else than posts and users. */
  async read(name: string): Promise<PlacedSaid | undefined> {
    const path = join(this.#level.path, name);
    const place = { path };
    if (this.#level.outside.has(name)) return { place, post: 'file_outside' };
    if (isAside(name)) return this.#passOther();
    const file = await readJsonFile(path);
    if (typeof file === 'string') return { place, post: file };
    const { content, modifiedMs } = file;
    const kind = content && kindOf(content);
    if (!content || kind === undefined) return { place, post: 'json_invalid' };
    if (kind === 'other') return this.#passOther();
    const seenAtMs = this.#reading.seenAtMs ?? modifiedMs;
    const user = readUser(content, kind, seenAtMs);
    if (kind === 'profile') {
      this.#reading.counts.profiles++;
      return typeof user === 'string' ? { place, post: user } : { place, user };
    }
    const post = await this.#postOf(readPost(content, seenAtMs), stemOf(name));
    return { place, post, user: typeof user === 'string' || !tellsMore(user) ? undefined : user };
  }

  #passOther(): undefined {
    this.#reading.counts.others++;
  }

  async #postOf(read: ReadPost | PostProblem, stem: string): Promise<PostSight | PostProblem> {
    if (typeof read === 'string') return read;
    const { hasCaption, slides, isCarousel, ...post } = read;
    const user = post.user ?? this.#folderUser(post.userId);
    if (user === undefined) return 'user_missing';
    const caption = hasCaption ? post.caption : await this.#captionBeside(stem);
    const imageCount = slides?.length ?? (isCarousel ? Math.max(1, this.#pictures.slideCount(stem)) : 1);
    const stems = isCarousel ? this.#slideStems(stem, slides) : [stem];
    return { ...post, user, caption, imageCount, findPicture: () => this.#findPicture(stems) };
  }

  /** The user of a post that has the number of the user alone. */
  #folderUser(userId: string | null): string | undefined {
    return this.#owner && this.#owner.userId === userId && isName(this.#owner.name)
      ? this.#owner.name
      : undefined;
  }

  /** The names of a carousel's pictures, those of its videos left out. */
  #slideStems(stem: string, slides: readonly boolean[] | undefined): string[] {
    const count = slides?.length ?? this.#pictures.slideCount(stem);
    const stems = Array.from({ length: Math.min(count, MAX_SLIDES) }, (_, i) => `${stem}_${i + 1}`);
    return stems.filter((each, i) => slides?.[i] !== true && !this.#pictures.has(`${each}.mp4`));
  }

  /** The first that is there and can be read; else what is wrong with the first. */
  async #findPicture(stems: readonly string[]): Promise<Picture | PostProblem> {
    let first: PostProblem | undefined;
    for (const stem of stems) {
      const imagePath = this.#pictures.find(stem);
      if (imagePath === undefined) continue;
      const problem = await pictureProblem(imagePath, this.#bounds);
      if (problem === undefined) return { imagePath, url: null };
      first ??= problem;
    }
    return first ?? 'picture_missing';
  }

  /** Instaloader's text beside the JSON, without the line end that it adds; null where there is none that can be taken. */
  async #captionBeside(stem: string): Promise<string | null> {
    const name = `${stem}.txt`;
    if (!this.#pictures.has(name) || this.#level.outside.has(name)) return null;
    const handle = await open(join(this.#level.path, name), constants.O_RDONLY | constants.O_NONBLOCK).catch(
      () => undefined,
    );
    if (!handle) return null;
    try {
      const stats = await handle.stat();
      if (!stats.isFile() || stats.size > MAX_CAPTION_BYTES) return null;
      return (await handle.readFile('utf8')).replace(/\r?\n$/, '') || null;
    } finally {
      await handle.close();
    }
  }
}

/** A carousel has 20 at most. */
const MAX_SLIDES = 100;

/** Comments, and where a download was interrupted, by Instaloader's own names: they may be large. */
function isAside(name: string): boolean {
  return /_comments\.json$|(^|_)iterator_[\w=-]+\.json(\.xz)?$/.test(name);
}

function stemOf(name: string): string {
  return basename(name).replace(/\.json(\.xz)?$/, '');
}
