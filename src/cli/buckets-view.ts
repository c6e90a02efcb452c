import type { MergedRuns } from '../runs/merge-runs.ts';
import { provenanceJson } from '../samples/provenance/provenance.ts';
import { bucketLabel } from '../scores/bucket-names.ts';
import type { WhatIfCount, WhatIfThresholds } from '../scores/what-if-count.ts';
import type { CountResult } from '../tally/count.ts';
import { GROUP_THRESHOLDS, type Groups } from '../tally/group-types.ts';
import type { BucketTally, RowStates } from '../tally/tally.ts';
import { partLines } from './parts-view.ts';

/** A what-if question and its answer. */
export interface WhatIfAnswer {
  readonly thresholds: WhatIfThresholds;
  readonly count: WhatIfCount;
}

/** What the command found, for all views. */
export interface BucketsResult extends CountResult {
  readonly whatIf: WhatIfAnswer | undefined;
  readonly by: string | undefined;
}

const MILLION = 1e6;
/** Fewer than this would be written as 0.00M. */
const LEAST_OF_MILLIONS = 5000;

/**
 * LAION's own table: `{'0-1': '1.38M', ...}`, millions with two decimals. Scores below 0 and from 10 are not in it.
 * Of less than a million images in all, and where millions would say 0.00 of what is there, it has the plain count.
 */
export function laionTable(buckets: readonly BucketTally[]): string {
  const shown = buckets.filter(({ bucket }) => /^\d$/.test(bucket));
  const total = shown.reduce((sum, { count }) => sum + count, 0);
  const write = (count: number): string =>
    total < MILLION || (count > 0 && count < LEAST_OF_MILLIONS)
      ? String(count)
      : `${(count / MILLION).toFixed(2)}M`;
  return `{${shown.map(({ bucket, count }) => `'${bucketLabel(bucket)}': '${write(count)}'`).join(', ')}}`;
}

/** The result for a machine. */
export function bucketsJson(result: BucketsResult, merged?: MergedRuns): string {
  const { inputs, tally, quantiles, groups, skipped, whatIf, by } = result;
  const { states } = tally;
  const buckets = tally.buckets();
  return JSON.stringify({
    inputs: {
      files: inputs.files.length - skipped.length,
      stores: inputs.stores.length,
      runs: inputs.runs.map(({ path, shards, finishedShards }) => ({
        path,
        shards,
        finished_shards: finishedShards,
      })),
    },
    rows: sumOf(states),
    scored: states.scored,
    null_scores: states.nullScores,
    nan_scores: states.nanScores,
    failed: states.failed,
    mean_score: tally.meanScore(),
    buckets: buckets.map(({ bucket, count, meanScore: mean }) => ({ bucket, count, mean_score: mean })),
    laion: laionTable(buckets),
    quantiles: Object.fromEntries(quantiles.map(({ share, score }) => [share, score])),
    by: groups && groupsJson(by!, groups),
    what_if: whatIf && whatIfJson(whatIf),
    parts: result.parts,
    provenance: provenanceJson({ scores: result.provenance }),
    skipped_files: skipped,
    merged: merged && { runs: merged.runs, rows: merged.counts.count, mean_check: merged.meanCheck ?? null },
  });
}

function groupsJson(by: string, { top, groupCount, rows }: Groups): unknown {
  return {
    column: by,
    groups: groupCount,
    rows,
    top: top.map(({ name, rows: count, scored, meanAesthetic, meanPunsafe, above }) => ({
      value: name,
      rows: count,
      scored,
      mean_aesthetic: meanAesthetic,
      mean_punsafe: meanPunsafe,
      above: Object.fromEntries(GROUP_THRESHOLDS.map((k, i) => [k, above[i]!])),
    })),
  };
}

function whatIfJson({ thresholds, count }: WhatIfAnswer): unknown {
  return {
    min_aesthetic: thresholds.minAesthetic,
    max_punsafe: thresholds.maxPunsafe,
    max_pwatermark: thresholds.maxPwatermark,
    missing_tags: thresholds.missingTags,
    lower: count.lower,
    upper: count.upper,
    estimate: Math.round(count.estimate),
  };
}

/** The result for a person. */
export function describeBuckets(result: BucketsResult, merged?: MergedRuns): string {
  const { tally, quantiles, groups, skipped, whatIf, by } = result;
  const { states } = tally;
  const buckets = tally.buckets();
  const blocks = [
    laionTable(buckets),
    bucketTable(buckets),
    stateLines(states, tally.meanScore()),
    quantiles.length > 0
      ? `quantiles  ${quantiles.map(({ share, score }) => `${share}: ${score.toFixed(4)}`).join('  ')}`
      : '',
    groups ? groupTable(by!, groups) : '',
    whatIf ? describeWhatIf(whatIf, tally.cube.rows, states.failed) : '',
    inputLines(result),
    partLines(result.parts),
    result.notes.join('\n'),
    merged ? describeMerge(merged) : '',
    skipped.length > 0
      ? [
          `${countOf(skipped.length, 'file')} passed over:`,
          ...skipped.map(({ reason }) => `  ${reason}`),
        ].join('\n')
      : '',
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function sumOf({ scored, nullScores, nanScores, failed }: RowStates): number {
  return scored + nullScores + nanScores + failed;
}

function bucketTable(buckets: readonly BucketTally[]): string {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  let left = total;
  const rows = buckets.map(({ bucket, count, meanScore }) => {
    const row = [
      bucketLabel(bucket),
      String(count),
      share(count, total),
      String(left),
      share(left, total),
      fixed(meanScore),
    ];
    left -= count;
    return row;
  });
  return formatTable([['score', 'images', 'share', 'from here up', 'share', 'mean'], ...rows]);
}

/** What is not there is left out; what is sums to the rows. */
function stateLines(states: RowStates, meanScore: number | null): string {
  const { scored, nullScores, nanScores, failed } = states;
  const optional: [string, number][] = [
    ['without a score', nullScores],
    ['score is NaN', nanScores],
    ['failed in a run', failed],
  ];
  const rows = [
    ['rows', String(sumOf(states))],
    ['scored', String(scored)],
    ...optional.filter(([, count]) => count > 0).map(([what, count]) => [what, String(count)]),
    ...(meanScore === null ? [] : [['mean score', fixed(meanScore)]]),
  ];
  return formatTable(rows);
}

function groupTable(by: string, { top, groupCount, rows }: Groups): string {
  const hasPunsafe = top.some(({ meanPunsafe }) => meanPunsafe !== null);
  const head = [
    by,
    ...['rows', 'scored', 'mean'],
    ...(hasPunsafe ? ['punsafe'] : []),
    ...GROUP_THRESHOLDS.map((k) => `> ${k}`),
  ];
  const lines = top.map(({ name, rows: count, scored, meanAesthetic, meanPunsafe, above }) => [
    nameOf(name),
    String(count),
    String(scored),
    fixed(meanAesthetic),
    ...(hasPunsafe ? [fixed(meanPunsafe)] : []),
    ...above.map((part) => share(part, scored)),
  ]);
  const shown = top.reduce((sum, group) => sum + group.rows, 0);
  const rest = groupCount - top.length;
  return [
    formatTable([head, ...lines]),
    ...(rest > 0 ? [`and ${rest} more, with ${rows - shown} of ${rows} rows`] : []),
  ].join('\n');
}

/** On one line, whatever the data hold; control characters do not reach the terminal. */
function nameOf(name: string | null): string {
  if (name === null) return '(null)';
  const plain = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
  return plain === '' ? "''" : plain.length > 60 ? `${plain.slice(0, 59)}…` : plain;
}

function describeWhatIf({ thresholds, count }: WhatIfAnswer, rows: number, failed: number): string {
  const { minAesthetic, maxPunsafe, maxPwatermark, missingTags } = thresholds;
  const rules = [
    ...(minAesthetic === null ? [] : [`aesthetic > ${minAesthetic}`]),
    ...(maxPunsafe === null ? [] : [`punsafe < ${maxPunsafe}`]),
    ...(maxPwatermark === null ? [] : [`pwatermark < ${maxPwatermark}`]),
  ];
  const { lower, upper, estimate } = count;
  const of = `of ${rows} rows${failed > 0 ? ' that did not fail' : ''}`;
  const size =
    lower === upper
      ? `${lower} ${of} (${share(lower, rows)}) have`
      : `about ${Math.round(estimate)} ${of} (${share(estimate, rows)}), at least ${lower} and at most ${upper}, have`;
  return `what if    ${size} ${rules.join(', ')}${missingTags === 'keep' ? ', or not the tag' : ''}`;
}

function describeMerge({ runs, counts, meanCheck }: MergedRuns): string {
  const check =
    meanCheck === undefined
      ? 'The head is not at hand (--aesthetic-head), so the means were not held against the scores.'
      : `Means and scores differ by ${meanCheck.toExponential(1)} at most.`;
  return `Merged: ${countOf(runs.length, 'run')} with ${counts.count} rows. ${check}`;
}

function inputLines({ inputs, skipped }: BucketsResult): string {
  const { files, stores, runs } = inputs;
  const parts = [
    ...(files.length > 0 ? [countOf(files.length - skipped.length, 'file')] : []),
    ...(stores.length > 0 ? [countOf(stores.length, 'store')] : []),
  ];
  const unfinished = runs.filter(({ shards, finishedShards }) => finishedShards < shards);
  return [
    `Counted: ${parts.join(' and ') || 'what the runs have stored'}.`,
    ...unfinished.map(
      (run) => `${run.path} is not finished: ${run.finishedShards} of ${run.shards} shards are counted.`,
    ),
  ].join('\n');
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function share(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(2)}%` : '-';
}

function fixed(value: number | null): string {
  return value === null ? '-' : value.toFixed(4);
}

/** Columns two spaces apart: the first to the left, the others to the right. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
