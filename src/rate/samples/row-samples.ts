import type { RowName } from '../../browse/row-names.ts';
import { BrowsedRows, type ReadRows } from '../../browse/rows.ts';
import { type SampleName, sampleId } from '../../feedback/answer.ts';
import type { RateOptions } from '../options.ts';
import { noPictures } from './errors.ts';
import { nameOf } from './name.ts';
import { isAmong, type RatedSample, type RatedSamples } from './rated-samples.ts';

/** The rows of a run or a subset that have a picture on this machine. @throws BowerbirdError as `BrowsedRows.open`; BB_INPUT_EMPTY */
export async function openRowSamples(options: RateOptions): Promise<RatedSamples> {
  const { source, memoryLimitMb, threads, maxBytes, onProgress, onNote } = options;
  const rows = await BrowsedRows.open({
    ...{ path: source, areTextsLeft: true, memoryLimitMb, threads, maxBytes, onNote },
    onProgress: ({ rows: count }) => onProgress?.('samples', count),
  });
  try {
    const read = await rows.scored;
    const marks = read.pictures.marks();
    const numbers = Int32Array.from(marks.keys()).filter((row) => marks[row] === 1);
    if (numbers.length === 0)
      throw noPictures(source, 'score with --save-images, so that pictures stay here');
    return new RowSamples(rows, read, numbers);
  } catch (thrown) {
    await rows.close();
    throw thrown;
  }
}

/** Rows that have a picture here. */
export class RowSamples implements RatedSamples {
  readonly title: string;
  readonly pictured: Int32Array;
  readonly #rows: BrowsedRows;
  readonly #read: ReadRows;

  /** @param pictured the numbers of the rows that are asked about, ascending */
  constructor(rows: BrowsedRows, read: ReadRows, pictured: Int32Array) {
    this.#rows = rows;
    this.#read = read;
    this.title = rows.collection.title;
    this.pictured = pictured;
  }

  async at(numbers: readonly number[]): Promise<RatedSample[]> {
    return (await this.#read.names.of(numbers)).map(sampleOf);
  }

  async find(names: readonly SampleName[]): Promise<ReadonlyMap<string, RatedSample>> {
    const hashes = names.flatMap(({ hash }) => hash ?? []);
    const keys = names.flatMap(({ hash, key }) => (hash === undefined ? (key ?? []) : []));
    const known = new Map<string, RatedSample>();
    for (const found of await this.#read.names.find(hashes, keys)) {
      if (!isAmong(this.pictured, found.row)) continue;
      const sample = sampleOf(found);
      const { hash, key } = sample.name;
      for (const id of [wholeName(sample.name), hash, key === undefined ? undefined : sampleId({ key })])
        if (id !== undefined && !known.has(id)) known.set(id, sample);
    }
    return new Map(
      names.flatMap((name) => {
        const sample = known.get(wholeName(name)) ?? known.get(sampleId(name));
        return sample ? [[sampleId(name), sample] as const] : [];
      }),
    );
  }

  webpOf(number: number, signal: AbortSignal): Promise<Buffer> {
    return this.#read.pictures.webpOf(number, { size: 'large', refetch: false, signal });
  }

  close(): Promise<void> {
    return this.#rows.close();
  }
}

function sampleOf({ row, hash, key, caption }: RowName): RatedSample {
  return { number: row, name: nameOf(hash, key), caption };
}

function wholeName({ hash, key }: SampleName): string {
  return JSON.stringify([hash, key]);
}
