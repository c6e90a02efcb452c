import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { SamplePictures } from '../browse/sample-pictures.ts';
import type { SampleName } from '../feedback/answer.ts';
import type { EvaluateProgress } from './options.ts';

/** WebP in base64 by the places of a collection. */
export type FoundPictures = ReadonlyMap<number, string>;

export const NO_PICTURES: FoundPictures = new Map();

const PICTURES_AT_ONCE = 8;

/** Where the picture of a sample is. */
interface Found {
  readonly pictures: SamplePictures;
  /** Its place among those that were looked for there. */
  readonly sample: number;
}

/** The pictures of a collection's samples that lie on this machine, in the first run that has one. */
export class CollectionPictures {
  readonly #opened: readonly SamplePictures[];
  readonly #found: ReadonlyMap<number, Found>;

  private constructor(opened: readonly SamplePictures[], found: ReadonlyMap<number, Found>) {
    this.#opened = opened;
    this.#found = found;
  }

  /**
   * Looks for pictures of samples in runs; folders that are none are passed over. What goes wrong is told: an evaluation stands without pictures.
   *
   * @param places which of `names` are looked for
   */
  static async find(
    folders: readonly string[],
    names: readonly SampleName[],
    places: readonly number[],
    { note, advance, signal }: EvaluateProgress,
  ): Promise<CollectionPictures> {
    const opened: SamplePictures[] = [];
    const found = new Map<number, Found>();
    for (const path of folders.filter((folder) => existsSync(join(folder, 'run.json')))) {
      signal?.throwIfAborted();
      advance('looking for pictures', opened.length, folders.length, 'runs');
      const missing = places.filter((place) => !found.has(place));
      try {
        const pictures = await SamplePictures.open(
          path,
          missing.map((place) => names[place]!),
        );
        opened.push(pictures);
        for (const [sample, place] of missing.entries())
          if (pictures.has(sample)) found.set(place, { pictures, sample });
      } catch (thrown) {
        note(`The pictures of ${path} are not shown: ${messageOf(thrown)}`);
      }
    }
    return new CollectionPictures(opened, found);
  }

  has(place: number): boolean {
    return this.#found.has(place);
  }

  /** Makes small pictures; those that cannot be made are left out. @throws the signal's reason */
  async make(places: readonly number[], { signal, advance }: EvaluateProgress): Promise<FoundPictures> {
    const made = new Map<number, string>();
    const wanted = [...new Set(places)].filter((place) => this.has(place));
    const stop = signal ?? new AbortController().signal;
    for (let from = 0; from < wanted.length; from += PICTURES_AT_ONCE) {
      stop.throwIfAborted();
      advance('making pictures', from, wanted.length, 'pictures');
      await Promise.all(
        wanted.slice(from, from + PICTURES_AT_ONCE).map(async (place) => {
          const { pictures, sample } = this.#found.get(place)!;
          const picture = await pictures.make(sample, 'small', stop);
          if (picture) made.set(place, Buffer.from(picture.webp).toString('base64'));
        }),
      );
    }
    return made;
  }

  async close(): Promise<void> {
    for (const pictures of this.#opened) await pictures.close();
  }
}
