import { readSync } from 'node:fs';
import { codeOf, messageOf } from '../base/errors.ts';
import { BUCKET_NAMES, bucketPlace } from '../scores/bucket-names.ts';
import { TableError } from '../tables/errors.ts';
import { EmbeddingBatch } from './embedding-batch.ts';
import { type ColumnHead, spreadColumns } from './head-set.ts';
import type { NpyLayout } from './npy-header.ts';
import type { ScoringStop } from './scoring-stop.ts';

/** How a row of embeddings ended. */
export const ROW_STATE = { scored: 0, invalid: 1, notUnit: 2 } as const;

/** float16 keeps 11 bits, so a unit embedding read back from disk is off by at most 2^-11 = 4.9e-4. */
export const UNIT_NORM_TOLERANCE = 1e-3;

/** Some consecutive rows of a .npy file. */
export interface Block {
  readonly path: string;
  readonly layout: NpyLayout;
  readonly firstRow: number;
  readonly rowCount: number;
}

/** What a block comes to; plain data that can be sent between threads. */
export interface BlockResult {
  /** For each head float32(rowCount), NaN where a row has no score; behind them, for each head that is an ensemble, its spread. */
  readonly scores: readonly Float32Array[];
  /** uint8(rowCount) of ROW_STATE. */
  readonly states: Uint8Array;
  /** Per score bucket, lowest first; all zero where no head gives aesthetic scores. */
  readonly counts: Float64Array;
  /** Sums of the scores before they were rounded to float32. */
  readonly scoreSums: Float64Array;
  /** float64[dimension] per bucket. */
  readonly embeddingSums: readonly Float64Array[];
  /** Time that it took, in ms. */
  readonly tookMs: number;
}

type RowResults = Omit<BlockResult, 'embeddingSums' | 'tookMs'>;

/** What rows are asked for and how they are scored. */
export interface ScoringOptions {
  readonly heads: readonly ColumnHead[];
  /** The head whose scores make the buckets; -1 for none. */
  readonly bucketHead: number;
  /** Whether rows of another length than 1 are turned away. */
  readonly requireUnitNorm: boolean;
  /** Whether rows are brought to length 1 first. */
  readonly normalise: boolean;
}

/** Small enough for the rows to stay in a core's second-level cache between scoring and summing. */
const BATCH_BYTES = 393_216;
/** Of heads with several layers, which lay their weights out anew for each batch. */
const MANY_ROWS = 512;

/** Scores blocks of rows, reading them straight into the kernel's memory. One per thread, type and dimension. */
export class BlockScorer {
  readonly #options: ScoringOptions;
  readonly #batch: EmbeddingBatch;
  readonly #capacity: number;
  readonly #rowBytes: number;
  /** For each head the place of its products in the batch; -1 for one that is not linear. */
  readonly #places: readonly number[];
  /** The bucket head's scores of a batch, not rounded. */
  readonly #bucketScores: Float64Array;
  /** Those of any other head. */
  readonly #otherScores: Float64Array;
  readonly #members: readonly Uint32Array[];
  readonly #memberCounts: Uint32Array;

  constructor({ type, dimension }: Pick<NpyLayout, 'type' | 'dimension'>, options: ScoringOptions) {
    this.#options = options;
    this.#rowBytes = dimension * (type === 'float16' ? 2 : 4);
    const hasLayers = options.heads.some(({ head }) => !head.linear || head.scoreWithSpread);
    this.#capacity = Math.max(hasLayers ? MANY_ROWS : 16, Math.floor(BATCH_BYTES / this.#rowBytes));
    const linear = options.heads.flatMap(({ head }) => head.linear ?? []);
    let next = 0;
    this.#places = options.heads.map(({ head }) => (head.linear ? next++ : -1));
    this.#batch = new EmbeddingBatch({
      type,
      dimension,
      capacity: this.#capacity,
      weights: linear.map(({ weights }) => weights),
      normalise: options.normalise,
      wantSingles: hasLayers,
      sumCount: options.bucketHead < 0 ? 0 : BUCKET_NAMES.length,
    });
    this.#bucketScores = new Float64Array(this.#capacity);
    this.#otherScores = new Float64Array(this.#capacity);
    this.#members = BUCKET_NAMES.map(() => new Uint32Array(this.#capacity));
    this.#memberCounts = new Uint32Array(BUCKET_NAMES.length);
  }

  /**
   * Scores a block's rows from an open file.
   *
   * @param stop asked between two batches
   * @throws TableError BB_SHARD_READ
   */
  async score(
    file: number,
    { path, layout, firstRow, rowCount }: Block,
    stop?: Pick<ScoringStop, 'throwIfAsked'>,
  ): Promise<BlockResult> {
    const startedAtMs = performance.now();
    const { heads } = this.#options;
    const result = {
      scores: Array.from(
        { length: heads.length + spreadColumns(heads).length },
        () => new Float32Array(rowCount),
      ),
      states: new Uint8Array(rowCount),
      counts: new Float64Array(BUCKET_NAMES.length),
      scoreSums: new Float64Array(BUCKET_NAMES.length),
    };
    for (let done = 0; done < rowCount; done += this.#capacity) {
      stop?.throwIfAsked();
      const count = Math.min(this.#capacity, rowCount - done);
      const target = this.#batch.input.subarray(0, count * this.#rowBytes);
      readExactly(path, file, target, layout.dataOffset + (firstRow + done) * this.#rowBytes);
      this.#batch.score(count);
      this.#judgeRows(count, result.states.subarray(done, done + count));
      await this.#takeScores(count, done, result);
      this.#sumRows(count, done, result);
    }
    const embeddingSums = this.#options.bucketHead < 0 ? [] : this.#batch.takeSums();
    return { ...result, embeddingSums, tookMs: performance.now() - startedAtMs };
  }

  #judgeRows(count: number, states: Uint8Array): void {
    const { requireUnitNorm } = this.#options;
    const { squares } = this.#batch;
    const least = requireUnitNorm ? (1 - UNIT_NORM_TOLERANCE) ** 2 : Number.MIN_VALUE;
    // float16 embeddings cannot be this long, but infinity, once widened, is.
    const most = requireUnitNorm ? (1 + UNIT_NORM_TOLERANCE) ** 2 : 65_504 ** 2;
    for (let row = 0; row < count; row++) {
      const square = squares[row]!;
      if (square >= least && square <= most) continue;
      states[row] = this.#stateOf(row, square);
    }
  }

  #stateOf(row: number, square: number): number {
    // Also false for NaN, which a row without a length becomes when it is normalised.
    const valid = square > 0 && !this.#batch.hasNonFinite(row);
    if (!valid) return ROW_STATE.invalid;
    return this.#options.requireUnitNorm ? ROW_STATE.notUnit : ROW_STATE.scored;
  }

  async #takeScores(count: number, done: number, { scores, states }: RowResults): Promise<void> {
    const { heads, bucketHead } = this.#options;
    let spreadAt = heads.length;
    for (const [i, { head }] of heads.entries()) {
      const column = scores[i]!;
      const place = this.#places[i]!;
      const isKernels = place >= 0 && !head.scoreWithSpread;
      const own = isKernels ? undefined : await head.scoreMany(this.#batch.asSingles(count), count);
      const products = place >= 0 ? this.#batch.products[place]! : own!.scores;
      const exact = i === bucketHead ? this.#bucketScores : this.#otherScores;
      addBias(exact, products, count, head.linear?.bias ?? 0);
      takeScored(column.subarray(done, done + count), exact, states.subarray(done, done + count));
      if (own?.spreads) takeSpreads(scores[spreadAt++]!, { spreads: own.spreads, column, done, count });
    }
  }

  /** Sorts the rows into buckets by their scores as they are written, then adds each bucket's rows together. */
  #sumRows(count: number, done: number, { scores, counts, scoreSums }: RowResults): void {
    const { bucketHead } = this.#options;
    if (bucketHead < 0) return;
    this.#memberCounts.fill(0);
    const members = { members: this.#members, memberCounts: this.#memberCounts };
    const column = scores[bucketHead]!.subarray(done, done + count);
    sortRows(column, this.#bucketScores, { counts, scoreSums, ...members });
    for (const [bucket, members] of this.#members.entries()) {
      const memberCount = this.#memberCounts[bucket]!;
      if (memberCount > 0) this.#batch.add(members, memberCount, bucket);
    }
  }
}

/*
 * A loop over the rows is a function of its own: within a larger one, the compiler takes longer over it than the rows of a
 * shard do.
 */

function addBias(scores: Float64Array, products: Float64Array, count: number, bias: number): void {
  for (let row = 0; row < count; row++) scores[row] = products[row]! + bias;
}

/** The scores of rows in that state which are finite; NaN for others. */
function takeScored(target: Float32Array, scores: Float64Array, states: Uint8Array): void {
  for (let row = 0; row < target.length; row++) {
    const score = scores[row]!;
    const isScored = states[row] === ROW_STATE.scored && Number.isFinite(score);
    target[row] = isScored ? score : Number.NaN;
  }
}

interface Buckets extends Pick<BlockResult, 'counts' | 'scoreSums'> {
  /** Per bucket the rows of a batch that are in it, and how many. */
  readonly members: readonly Uint32Array[];
  readonly memberCounts: Uint32Array;
}

/** Sorts the rows of a batch into buckets. @param exact their scores before they were rounded */
function sortRows(
  scores: Float32Array,
  exact: Float64Array,
  { counts, scoreSums, members, memberCounts }: Buckets,
): void {
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    if (Number.isNaN(score)) continue;
    const bucket = bucketPlace(score);
    members[bucket]![memberCounts[bucket]!++] = row;
    counts[bucket]!++;
    scoreSums[bucket]! += exact[row]!;
  }
}

/** Spreads of the rows that have a score. */
function takeSpreads(
  target: Float32Array,
  {
    spreads,
    column,
    done,
    count,
  }: { spreads: Float64Array; column: Float32Array; done: number; count: number },
): void {
  for (let row = 0; row < count; row++)
    target[done + row] = Number.isNaN(column[done + row]!) ? Number.NaN : spreads[row]!;
}

/** Fills `target` with the bytes of a file from `position`. @throws TableError BB_SHARD_READ */
function readExactly(path: string, file: number, target: Uint8Array, position: number): void {
  let filled = 0;
  while (filled < target.length) {
    let read: number;
    try {
      read = readSync(file, target, filled, target.length - filled, position + filled);
    } catch (thrown) {
      throw cannotRead(path, messageOf(thrown), codeOf(thrown), thrown);
    }
    if (read === 0)
      throw cannotRead(path, 'it has become shorter since the run was planned', undefined, undefined);
    filled += read;
  }
}

function cannotRead(path: string, why: string, code: string | undefined, cause: unknown): TableError {
  return new TableError('BB_SHARD_READ', `Reading ${path} failed: ${why}.`, {
    cause,
    fields: { path, reason: code ?? why },
  });
}
