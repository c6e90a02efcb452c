import type { Pictures } from './pictures/pictures.ts';
import type { PictureSize } from './pictures/renderer.ts';
import type { RowName } from './row-names.ts';
import { BrowsedRows } from './rows.ts';

/** What a sample is known by: its hash (int64 as a decimal text), or where it has none its key. */
export interface SampleId {
  readonly hash?: string | undefined;
  readonly key?: string | undefined;
}

/** A small picture of a sample, and what its row says of it. */
export interface SamplePicture {
  /** WebP, the middle square. */
  readonly webp: Uint8Array;
  readonly caption: string | null;
}

const MEMORY_LIMIT_MB = 256;
const MAX_BYTES = 64 * 1024 * 1024;

/** The pictures of some samples of a run or a subset, from what the run saved, was made from, or kept for its report; nothing is fetched. */
export class SamplePictures {
  readonly #rows: BrowsedRows;
  readonly #pictures: Pictures;
  readonly #names: readonly (RowName | undefined)[];

  private constructor(rows: BrowsedRows, pictures: Pictures, names: readonly (RowName | undefined)[]) {
    this.#rows = rows;
    this.#pictures = pictures;
    this.#names = names;
  }

  /**
   * Looks for the samples among the rows.
   *
   * @param path the folder of a run or of a subset
   * @throws BowerbirdError as `BrowsedRows.open`
   */
  static async open(path: string, samples: readonly SampleId[]): Promise<SamplePictures> {
    const rows = await BrowsedRows.open({
      ...{ path, areTextsLeft: true, memoryLimitMb: MEMORY_LIMIT_MB, threads: 1, maxBytes: MAX_BYTES },
    });
    try {
      const { names, pictures } = await rows.scored;
      const found = byId(
        await names.find(
          samples.flatMap(({ hash }) => hash ?? []),
          samples.flatMap(({ hash, key }) => (hash === undefined && key !== undefined ? [key] : [])),
        ),
      );
      const ofSamples = samples.map(({ hash, key }) => found.get(hash ?? `key:${key}`));
      return new SamplePictures(rows, pictures, ofSamples);
    } catch (thrown) {
      await rows.close();
      throw thrown;
    }
  }

  /** Whether there should be a picture of a sample, by its place among them. */
  has(sample: number): boolean {
    const name = this.#names[sample];
    return name !== undefined && this.#pictures.originOf(name.row) !== undefined;
  }

  /** A sample's picture; undefined where there is none that can be shown. @throws the signal's reason */
  async make(sample: number, size: PictureSize, signal: AbortSignal): Promise<SamplePicture | undefined> {
    if (!this.has(sample)) return undefined;
    const { row, caption } = this.#names[sample]!;
    try {
      return { webp: await this.#pictures.webpOf(row, { size, refetch: false, signal }), caption };
    } catch {
      signal.throwIfAborted();
      // What cannot be shown is no picture; why is of no use beside a sample that is named.
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#rows.close();
  }
}

/**
 * Pictures of samples, in the size of a grid.
 *
 * @param path the folder of a run or of a subset
 * @returns in the order of the samples; undefined where the rows have no such sample, or no picture of it can be shown
 * @throws BowerbirdError as `BrowsedRows.open`; the signal's reason
 */
export async function picturesOfSamples(
  path: string,
  samples: readonly SampleId[],
  signal: AbortSignal,
): Promise<(SamplePicture | undefined)[]> {
  const pictures = await SamplePictures.open(path, samples);
  try {
    return await Promise.all(samples.map((_, sample) => pictures.make(sample, 'grid', signal)));
  } finally {
    await pictures.close();
  }
}

/** Of several rows of a sample the first. */
function byId(rows: readonly RowName[]): Map<string, RowName> {
  const found = new Map<string, RowName>();
  for (const name of rows.toSorted((a, b) => b.row - a.row)) {
    if (name.hash !== null) found.set(name.hash, name);
    if (name.key !== null) found.set(`key:${name.key}`, name);
  }
  return found;
}
