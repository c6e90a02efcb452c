import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isMissing } from '../../base/errors.ts';
import { isImageExtension, splitName } from '../../pictures/image-names.ts';
import type { PostProblem } from '../problems.ts';

/** A folder beyond which nothing is read, its links followed. */
export interface Bounds {
  readonly realRoot: string;
}

/** The files of one folder, for the pictures of its posts. */
export class FolderPictures {
  readonly #folder: string;
  /** The extensions of images by the names that they stand behind. */
  readonly #extensions = new Map<string, string[]>();
  readonly #names: ReadonlySet<string>;

  constructor(folder: string, names: readonly string[]) {
    this.#folder = folder;
    this.#names = new Set(names);
    for (const name of names) {
      const { stem, extension } = splitName(name);
      if (!isImageExtension(extension)) continue;
      const known = this.#extensions.get(stem);
      if (known) known.push(extension);
      else this.#extensions.set(stem, [extension]);
    }
  }

  /** The picture of this name without its ending; of several, `jpg`, else the first. */
  find(stem: string): string | undefined {
    const found = this.#extensions.get(stem);
    if (!found) return undefined;
    const extension = found.includes('jpg') ? 'jpg' : [...found].sort()[0]!;
    return join(this.#folder, `${stem}.${extension}`);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** How many slides of a carousel there are, from `_1` on, whether pictures or videos. */
  slideCount(stem: string): number {
    let count = 0;
    while (this.#hasSlide(`${stem}_${count + 1}`)) count++;
    return count;
  }

  #hasSlide(stem: string): boolean {
    return this.#extensions.has(stem) || this.#names.has(`${stem}.mp4`);
  }
}

/** Why a file cannot be a post's picture; undefined where it can. Its bytes are not looked at. */
export async function pictureProblem(path: string, { realRoot }: Bounds): Promise<PostProblem | undefined> {
  try {
    if (!isWithin(await realpath(path), realRoot)) return 'picture_outside';
    const stats = await stat(path);
    if (!stats.isFile()) return 'picture_unreadable';
    if (stats.size === 0) return 'picture_empty';
    await access(path, constants.R_OK);
    return undefined;
  } catch (thrown) {
    return isMissing(thrown) ? 'picture_missing' : 'picture_unreadable';
  }
}

/** Whether a path without links is a folder's or below it. */
export function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
