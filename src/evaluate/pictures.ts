import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import type { RowName } from '../browse/row-names.ts';
import { BrowsedRows, type ReadRows } from '../browse/rows.ts';
import type { SampleName } from '../feedback/answer.ts';
import type { EvaluateProgress } from './options.ts';

/** WebP in base64 by the places of a collection. */
export type FoundPictures = ReadonlyMap<number, string>;

export const NO_PICTURES: FoundPictures = new Map();

const MEMORY_LIMIT_MB = 512;
const MAX_PICTURE_BYTES = 50 * 1024 * 1024;
const PICTURES_AT_ONCE = 8;

/** Where the picture of a sample is made from. */
interface PictureRow {
  readonly read: ReadRows;
  readonly row: number;
}

/** The pictures of samples that lie on this machine: saved by runs, their inputs, or their thumbnails. Nothing is fetched. */
export class SamplePictures {
  readonly #opened: readonly BrowsedRows[];
  readonly #rows: ReadonlyMap<number, PictureRow>;

  private constructor(opened: readonly BrowsedRows[], rows: ReadonlyMap<number, PictureRow>) {
    this.#opened = opened;
    this.#rows = rows;
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
  ): Promise<SamplePictures> {
    const opened: BrowsedRows[] = [];
    const rows = new Map<number, PictureRow>();
    for (const path of folders.filter((folder) => existsSync(join(folder, 'run.json')))) {
      signal?.throwIfAborted();
      advance('looking for pictures', opened.length, folders.length, 'runs');
      try {
        const run = await BrowsedRows.open({
          ...{ path, areTextsLeft: true, memoryLimitMb: MEMORY_LIMIT_MB, threads: 2 },
          maxBytes: MAX_PICTURE_BYTES,
        });
        opened.push(run);
        const open = places.filter((place) => !rows.has(place));
        for (const [place, row] of await findRows(await run.scored, names, open)) rows.set(place, row);
      } catch (thrown) {
        note(`The pictures of ${path} are not shown: ${messageOf(thrown)}`);
      }
    }
    return new SamplePictures(opened, rows);
  }

  has(place: number): boolean {
    return this.#rows.has(place);
  }

  /** Makes pictures; those that cannot be made are left out. @throws the signal's reason */
  async make(places: readonly number[], { signal, advance }: EvaluateProgress): Promise<FoundPictures> {
    const found = new Map<number, string>();
    const wanted = [...new Set(places)].filter((place) => this.has(place));
    const never = new AbortController().signal;
    for (let from = 0; from < wanted.length; from += PICTURES_AT_ONCE) {
      signal?.throwIfAborted();
      advance('making pictures', from, wanted.length, 'pictures');
      await Promise.all(
        wanted.slice(from, from + PICTURES_AT_ONCE).map(async (place) => {
          const { read, row } = this.#rows.get(place)!;
          const request = { size: 'small', refetch: false, signal: signal ?? never } as const;
          const webp = await read.pictures.webpOf(row, request).catch(() => undefined);
          if (webp) found.set(place, webp.toString('base64'));
        }),
      );
    }
    return found;
  }

  async close(): Promise<void> {
    for (const run of this.#opened) await run.close();
  }
}

async function findRows(
  read: ReadRows,
  names: readonly SampleName[],
  places: readonly number[],
): Promise<Map<number, PictureRow>> {
  const marks = read.pictures.marks();
  const hashes = places.flatMap((place) => names[place]!.hash ?? []);
  const keys = places.flatMap((place) => (names[place]!.hash === undefined ? (names[place]!.key ?? []) : []));
  const byName = new Map<string, number>();
  const keep = (name: string, { row }: RowName): void => {
    if (marks[row] === 1 && !byName.has(name)) byName.set(name, row);
  };
  for (const found of await read.names.find(hashes, keys)) {
    if (found.hash !== null) keep(found.hash, found);
    if (found.key !== null) keep(`key:${found.key}`, found);
  }
  return new Map(
    places.flatMap((place) => {
      const { hash, key } = names[place]!;
      const row = byName.get(hash ?? `key:${key}`);
      return row === undefined ? [] : [[place, { read, row }] as const];
    }),
  );
}
