import { BowerbirdError } from '../base/errors.ts';
import type { Collection } from '../browse/collection.ts';
import { BrowsedRows, type ReadRows } from '../browse/rows.ts';
import { sniff } from '../decode/sniff.ts';
import { splitName } from '../pictures/image-names.ts';
import { noPictures } from '../rate/samples/errors.ts';
import type { RatedSample } from '../rate/samples/rated-samples.ts';
import { RowSamples } from '../rate/samples/row-samples.ts';
import { extensionOf } from '../saved/settings.ts';
import type { ReviewOptions } from './options.ts';
import { safeStem } from './safe-stem.ts';

/** The original of a picture. */
export interface Original {
  /** As they lie on this machine. */
  readonly bytes: Buffer;
  /** Of what the bytes are, without its point. */
  readonly extension: string;
}

/** The rows that pass the thresholds and have a whole picture here, best first. */
export class ReviewSamples extends RowSamples {
  readonly collection: Collection;
  readonly rows: ReadRows;
  /** Their numbers. */
  readonly order: Int32Array;
  readonly #tag: string;

  constructor(opened: BrowsedRows, rows: ReadRows, order: Int32Array, tag: string) {
    super(opened, rows, order.toSorted());
    this.collection = opened.collection;
    this.rows = rows;
    this.order = order;
    this.#tag = tag;
  }

  /** `aesthetic 6.31` */
  factsOf(row: number): string {
    return `${this.#tag} ${this.rows.index.scores.get(this.#tag)![row]!.toFixed(2)}`;
  }

  /** What a picture is called where nobody wishes for a name: its own name, else its key. */
  async stemOf({ number, name }: RatedSample): Promise<string> {
    const path = await this.rows.texts.one(number, 'path');
    const last = path?.split(/[/\\]/).at(-1) ?? '';
    const key = safeStem(name.key ?? '', `picture-${number}`);
    return safeStem(splitName(last).stem, key);
  }

  /** @returns why there is none, in words, where that is so @throws WebError BB_HTTP_NO_PICTURE */
  async original(row: number): Promise<Original | string> {
    const picture = await this.rows.pictures.bytesOf(row);
    if (picture.kind === 'failed') return `${picture.message}.`;
    try {
      const { format, name } = sniff(picture.bytes);
      if (!format) return `What lies there is ${name}.`;
      return { bytes: Buffer.from(picture.bytes), extension: extensionOf(format) };
    } finally {
      picture.release();
    }
  }
}

/**
 * Opens what is reviewed.
 *
 * @throws BowerbirdError as `BrowsedRows.open`; BB_COLUMN_MISSING for a score that the rows do not have, BB_INPUT_EMPTY where no row passes or no picture is here
 */
export async function openReviewSamples(options: ReviewOptions): Promise<ReviewSamples> {
  const { source, tag, memoryLimitMb, threads, maxBytes, onProgress, onNote } = options;
  const opened = await BrowsedRows.open({
    ...{ path: source, areTextsLeft: true, memoryLimitMb, threads, maxBytes, onNote },
    onProgress: ({ rows }) => onProgress?.('samples', rows),
  });
  try {
    const rows = await opened.scored;
    return new ReviewSamples(opened, rows, await chooseRows(rows, options), tag);
  } catch (thrown) {
    await opened.close();
    throw thrown;
  }
}

async function chooseRows(
  { index, views, pictures }: ReadRows,
  { source, tag, minTag, minAesthetic }: ReviewOptions,
): Promise<Int32Array> {
  const scores = scoreOf(index.scores, tag, source);
  const aesthetics = minAesthetic === undefined ? undefined : scoreOf(index.scores, 'aesthetic', source);
  const best = await views.rows({
    ...{ sort: tag, descending: true, ranges: {}, fate: 'kept', hasPicture: true, words: [] },
  });
  const whole = best.filter((row) => pictures.originOf(row) !== 'thumbnail');
  if (whole.length === 0) throw noPictures(source, 'score with --save-images, so that pictures stay here');
  const order = whole.filter(
    (row) =>
      (minTag === undefined ? !Number.isNaN(scores[row]!) : scores[row]! > minTag) &&
      (aesthetics === undefined || aesthetics[row]! > minAesthetic!),
  );
  if (order.length > 0) return order;
  const [first] = whole;
  throw new BowerbirdError(
    'BB_INPUT_EMPTY',
    `No row of ${source} that has its picture here passes the thresholds. The highest ${tag} of those with a picture is ${scores[first!]!.toFixed(3)}.`,
    { fields: { path: source } },
  );
}

/** @throws BowerbirdError BB_COLUMN_MISSING */
function scoreOf(scores: ReadonlyMap<string, Float32Array>, name: string, source: string): Float32Array {
  const found = scores.get(name);
  if (found) return found;
  const known = [...scores.keys()].join(', ') || 'none';
  throw new BowerbirdError(
    'BB_COLUMN_MISSING',
    `The rows of ${source} have no score "${name}". There are: ${known}.`,
    { fields: { path: source, column: name } },
  );
}
