import { countsOf, type Label, labelColumn } from '../samples/label.ts';
import { statusOf } from '../samples/reasons.ts';
import { firstKnown, type TagColumns, type TagValues, tagsAt } from '../samples/tag-columns.ts';
import { byTag, spreadColumn, type Tag } from '../samples/tags.ts';
import type { Filter } from '../scores/filter.ts';
import type { FurtherColumn, ShardResults } from '../shards/results.ts';
import type { SampleState, ShardWork } from './shard-work.ts';

/** A judged shard: the columns to write, and the tags as they are written. */
export interface JudgedShard {
  readonly results: ShardResults;
  readonly tags: TagColumns;
}

/**
 * Turns a complete shard into result columns. What is judged is what is written: the tags as float32, compared as
 * doubles. Only embedded rows are judged.
 *
 * @param recomputeTags whether a head's scores take the place of the input's own punsafe and pwatermark too
 */
export function judgeShard(work: ShardWork, filter: Filter, recomputeTags: boolean): JudgedShard {
  const { rowCount } = work;
  const tags = byTag((tag) => {
    const { column, computed } = sourcesOf(work, tag, recomputeTags);
    return firstKnown(column, computed, rowCount);
  });
  const results: ShardResults = {
    status: new Array(rowCount),
    reason: new Array(rowCount),
    errorMessage: new Array(rowCount),
    originalWidth: new Int32Array(rowCount),
    originalHeight: new Int32Array(rowCount),
    ...tags,
    kept: new Uint8Array(rowCount),
    droppedBy: new Array(rowCount),
  };
  const judged = { results, tags };
  for (let i = 0; i < rowCount; i++) judgeRow(judged, work.states[i]!, filter, i);
  return judged;
}

/** The tags of one row that has ended, as `judgeShard` has them. */
export function tagsOfRow(work: ShardWork, index: number, recomputeTags: boolean): TagValues {
  return byTag((tag) => {
    const { column, computed } = sourcesOf(work, tag, recomputeTags);
    const row = (values: Float32Array | Float64Array | undefined) => values?.slice(index, index + 1);
    return firstKnown(row(column) as Float32Array | undefined, row(computed), 1)[0]!;
  });
}

/** The input's own scores and a head's, as far as they play a part. */
function sourcesOf(
  { shard, headScores }: ShardWork,
  tag: Tag,
  recomputeTags: boolean,
): { column: Float32Array | undefined; computed: Float64Array | undefined } {
  const computed = headScores[tag];
  // The point of a run is its own score: a column of the input is used only where no head is configured.
  const isReplaced = computed !== undefined && (tag === 'aesthetic' || recomputeTags);
  return { column: isReplaced ? undefined : shard.tags[tag], computed };
}

/** The same shard with its aesthetic scores in the unit of a label too. */
export function withLabel(judged: JudgedShard, label: Label | undefined): JudgedShard {
  if (!label) return judged;
  const values = countsOf(label, judged.tags.aesthetic);
  return withFurther(judged, [{ name: labelColumn('aesthetic', label), values }]);
}

/**
 * The same shard with the spreads of ensembles too, where the score that is written is the ensemble's and not the input's own.
 *
 * @param tags those that ensembles give
 */
export function withSpreads(judged: JudgedShard, work: ShardWork, tags: readonly Tag[]): JudgedShard {
  const columns = tags.map((tag) => {
    const [scores, spreads] = [work.headScores[tag], work.headSpreads[tag]];
    const values = judged.tags[tag].map((written, i) =>
      spreads && written === scores?.[i] ? spreads[i]! : Number.NaN,
    );
    return { name: spreadColumn(tag), values };
  });
  return columns.length > 0 ? withFurther(judged, columns) : judged;
}

function withFurther(judged: JudgedShard, columns: readonly FurtherColumn[]): JudgedShard {
  const further = [...(judged.results.further ?? []), ...columns];
  return { ...judged, results: { ...judged.results, further } };
}

/** Writes what became of row `i` into the results. */
function judgeRow({ results, tags }: JudgedShard, state: SampleState, filter: Filter, i: number): void {
  if (state.kind === 'pending' || state.kind === 'decoded') throw new Error(`row ${i} has not ended`);
  results.originalWidth[i] = state.width ?? 0;
  results.originalHeight[i] = state.height ?? 0;
  if (state.kind === 'failed') {
    results.status[i] = statusOf(state);
    results.reason[i] = state.reason;
    results.errorMessage[i] = state.message;
    results.droppedBy[i] = null;
    return;
  }
  const verdict = filter.judge(tagsAt(tags, i));
  results.status[i] = 'success';
  results.reason[i] = null;
  results.errorMessage[i] = null;
  results.kept[i] = verdict.kept ? 1 : 0;
  results.droppedBy[i] = verdict.droppedBy;
}
