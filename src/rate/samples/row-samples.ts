import type { RowName } from '../../browse/row-names.ts';
import { BrowsedRows, type ReadRows } from '../../browse/rows.ts';
import { type SampleName, sampleId } from '../../feedback/answer.ts';
import type { RateOptions } from '../options.ts';
import { noPictures } from './errors.ts';
import { nameOf } from './name.ts';
import type { RatedSample, RatedSamples } from './rated-samples.ts';

/** The rows of a run or a subset that have a picture on this machine. @throws BowerbirdError as `BrowsedRows.open`; BB_INPUT_EMPTY */
export async function openRowSamples(options: RateOptions): Promise<RatedSamples> {
  const { source, memoryLimitMb, threads, maxBytes, onProgress, onNote } = options;
  const rows = await BrowsedRows.open({
    ...{ path: source, areTextsLeft: true, memoryLimitMb, threads, maxBytes, onNote },
    onProgress: ({ rows: count }) => onProgress?.('samples', count),
  });
  try {
    return new RowSamples(rows, await rows.scored, source);
  } catch (thrown) {
    await rows.close();
    throw thrown;
  }
}

class RowSamples implements RatedSamples {
  readonly title: string;
  readonly pictured: Int32Array;
  readonly #rows: BrowsedRows;
  readonly #read: ReadRows;

  constructor(rows: BrowsedRows, read: ReadRows, source: string) {
    this.#rows = rows;
    this.#read = read;
    this.title = rows.collection.title;
    const marks = read.pictures.marks();
    const numbers = new Int32Array(marks.reduce((sum, mark) => sum + mark, 0));
    for (let row = 0, place = 0; row < marks.length; row++) if (marks[row] === 1) numbers[place++] = row;
    if (numbers.length === 0)
      throw noPictures(source, 'score with --save-images, so that pictures stay here');
    this.pictured = numbers;
  }

  async at(numbers: readonly number[]): Promise<RatedSample[]> {
    return (await this.#read.names.of(numbers)).map(sampleOf);
  }

  async find(names: readonly SampleName[]): Promise<ReadonlyMap<string, RatedSample>> {
    const hashes = names.flatMap(({ hash }) => hash ?? []);
    const keys = names.flatMap(({ hash, key }) => (hash === undefined ? (key ?? []) : []));
    const marks = this.#read.pictures.marks();
    const byHash = new Map<string, RatedSample>();
    const byKey = new Map<string, RatedSample>();
    for (const found of await this.#read.names.find(hashes, keys)) {
      if (marks[found.row] !== 1) continue;
      const sample = sampleOf(found);
      const { hash, key } = sample.name;
      if (hash !== undefined && !byHash.has(hash)) byHash.set(hash, sample);
      if (key !== undefined && !byKey.has(key)) byKey.set(key, sample);
    }
    return new Map(
      names.flatMap((name) => {
        const sample = name.hash === undefined ? byKey.get(name.key!) : byHash.get(name.hash);
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
