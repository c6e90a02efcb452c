import type { ConsentSignals } from '../samples/consent.ts';
import type { ImageFacts } from '../samples/image-facts.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import type { Tag } from '../samples/tags.ts';
import type { StagedShard } from '../shards/staged-shard.ts';
import { HostNotes } from './host-notes.ts';
import type { RowImages } from './row-images.ts';
import type { ThumbnailPicker } from './thumbnail-picker.ts';

/** What is known of one row of a shard so far. */
export type SampleState =
  | { readonly kind: 'pending' }
  | { readonly kind: 'decoded'; readonly width: number; readonly height: number }
  | { readonly kind: 'embedded'; readonly width: number; readonly height: number; readonly carried?: true }
  | (SampleFailure & { readonly width?: number; readonly height?: number });

/** How an earlier run ended a row; pixels, 0 where they are not known. */
interface CarriedRow {
  readonly failure: SampleFailure | undefined;
  readonly width: number;
  readonly height: number;
}

/** How an earlier run ended a row that is tried again. */
interface FailedBefore {
  readonly row: CarriedRow;
  readonly consent: ConsentSignals | undefined;
  readonly facts: ImageFacts;
}

const PENDING: SampleState = { kind: 'pending' };

/** Busy time that a shard's rows took in each stage, in ms; overlapping work counts as often as it overlaps. */
export interface StageTimes {
  downloadMs: number;
  decodeMs: number;
  embedMs: number;
  tagMs: number;
}

/**
 * A shard in flight: every row's state and embedding, in input order, whatever order the work is done in.
 * It is complete once each row has ended in exactly one state.
 */
export class ShardWork {
  readonly shard: StagedShard;
  readonly dimension: number;
  /** float32 (rows, dimension); rows that are not embedded stay zero. */
  readonly embeddings: Float32Array;
  /** What the heads gave, as doubles; NaN where a row has no embedding. */
  readonly headScores: Readonly<Partial<Record<Tag, Float64Array>>>;
  /** How far an ensemble's members lie apart, by the tag that it gives; of those that have noted some. */
  readonly headSpreads: Partial<Record<Tag, Float64Array>> = {};
  readonly states: SampleState[];
  /** What was seen of the rows' consent, by index, where that is kept. */
  readonly consent: (ConsentSignals | undefined)[] = [];
  /** What was seen of the rows' files, by index, where that is kept. */
  readonly facts: (ImageFacts | undefined)[] = [];
  /** How rows that are tried again had ended, by index. */
  readonly failedBefore = new Map<number, FailedBefore>();
  /** Those of them that were not asked for. */
  readonly leftRows = new Set<number>();
  /** The digests that the rows' images must have, by index, where they are verified. */
  expectedDigests: readonly (string | undefined)[] = [];
  /** Where images wait that may be saved; absent where none are. */
  images: RowImages | undefined;
  readonly hosts = new HostNotes();
  readonly times: StageTimes = { downloadMs: 0, decodeMs: 0, embedMs: 0, tagMs: 0 };
  readonly startedAt: Date = new Date();
  /** Keeps pictures for the report; absent in shards that the report does not show. */
  readonly picker: ThumbnailPicker | undefined;
  readonly completed: Promise<void>;
  /** For each row how many models have yet to look at it; 1 before it is known how many will. */
  readonly #partsLeft: Uint8Array;
  #complete: () => void = () => undefined;
  #isImageWanted: (index: number) => boolean = () => false;
  #pendingCount: number;

  constructor(
    shard: StagedShard,
    dimension: number,
    headTags: readonly Tag[],
    picker: ThumbnailPicker | undefined,
  ) {
    const { rowCount } = shard.spec;
    this.shard = shard;
    this.dimension = dimension;
    this.picker = picker;
    this.embeddings = new Float32Array(rowCount * dimension);
    this.headScores = Object.fromEntries(
      headTags.map((tag) => [tag, new Float64Array(rowCount).fill(Number.NaN)]),
    );
    this.states = new Array<SampleState>(rowCount).fill(PENDING);
    this.#partsLeft = new Uint8Array(rowCount).fill(1);
    this.#pendingCount = rowCount;
    this.completed = new Promise((resolve) => {
      this.#complete = resolve;
    });
    if (rowCount === 0) this.#complete();
  }

  get rowCount(): number {
    return this.shard.spec.rowCount;
  }

  /** Has images wait for the end of the shard. @param isWanted asked of each row that has ended */
  keepImages(images: RowImages, isWanted: (index: number) => boolean): void {
    this.images = images;
    this.#isImageWanted = isWanted;
  }

  /** Notes the size of a decoded image. The row ends once all `models` have looked at it, the encoder among them. */
  decoded(index: number, width: number, height: number, models = 1): void {
    this.states[index] = { kind: 'decoded', width, height };
    this.#partsLeft[index] = models;
  }

  /** Whether one model alone has yet to look at a row. */
  isLastPart(index: number): boolean {
    return this.#partsLeft[index] === 1;
  }

  /** Notes how far the members of the head of a tag lie apart in a row. */
  noteSpread(tag: Tag, index: number, spread: number): void {
    this.headSpreads[tag] ??= new Float64Array(this.rowCount).fill(Number.NaN);
    this.headSpreads[tag][index] = spread;
  }

  /** What the encoder made of a row. */
  embedded(index: number, embedding: Float32Array): void {
    const state = this.states[index]!;
    if (state.kind !== 'decoded') throw new Error(`row ${index} was embedded in state ${state.kind}`);
    this.embeddings.set(embedding, index * this.dimension);
    this.states[index] = { ...state, kind: 'embedded' };
    this.#endPart(index);
  }

  /** What an image model made of a row: NaN for no score. A row that has failed elsewhere has none. */
  tagged(index: number, tag: Tag, score: number): void {
    this.headScores[tag]![index] = this.states[index]!.kind === 'failed' ? Number.NaN : score;
    this.#endPart(index);
  }

  /** Ends a row as an earlier run ended it; its embedding is known only where it was saved. */
  carried(index: number, { failure, width, height }: CarriedRow, embedding: Float32Array | undefined): void {
    if (embedding) this.embeddings.set(embedding, index * this.dimension);
    this.states[index] = failure
      ? { ...failure, width, height }
      : { kind: 'embedded', width, height, carried: true };
    this.#endPart(index);
  }

  /** Ends a row that was to be tried again, and was not asked for, as it had ended; gives the failure, undefined where it was not to be tried again. */
  leftAsBefore(index: number): SampleFailure | undefined {
    const before = this.failedBefore.get(index);
    if (!before?.row.failure) return undefined;
    this.leftRows.add(index);
    this.consent[index] = before.consent;
    this.facts[index] = before.facts;
    this.carried(index, before.row, undefined);
    return before.row.failure;
  }

  /** A row has no embedding, and so no score. */
  failed(index: number, failure: SampleFailure): void {
    const state = this.states[index]!;
    const size = state.kind === 'decoded' ? { width: state.width, height: state.height } : {};
    this.states[index] = { ...failure, ...size };
    for (const values of [this.headScores, this.headSpreads])
      for (const scores of Object.values(values)) scores[index] = Number.NaN;
    this.#endPart(index);
  }

  #endPart(index: number): void {
    this.#partsLeft[index]!--;
    if (this.#partsLeft[index]! > 0) return;
    this.images?.ended(index, this.#isImageWanted(index));
    this.#pendingCount--;
    if (this.#pendingCount === 0) this.#complete();
  }
}
