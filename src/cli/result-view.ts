import {
  bucketInUnit,
  describeScoreSource,
  describeUnchecked,
  dropRuleText,
  hasScoreSource,
} from '../report/wording.ts';
import type { RunOutcome } from '../runs/finish.ts';
import { listHeadNotes } from '../runs/head-record.ts';
import type { MergedRun } from '../runs/merge.ts';
import { reportThresholds, scoreSourceOf, uncheckedOf } from '../runs/result-facts.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { type Label, labelColumn } from '../samples/label.ts';
import { provenanceJson } from '../samples/provenance/provenance.ts';
import { FAILURE_NAMES, type FailedStatus } from '../samples/reasons.ts';
import { boundsInUnit, bucketLabel } from '../scores/bucket-names.ts';
import { DROP_RULES } from '../scores/filter.ts';
import { type BucketSummary, MEAN_TOLERANCE } from '../scores/summary.ts';
import type { BadFile } from '../tables/bad-files.ts';
import { partLines } from './parts-view.ts';

/** A run that is done, as far as it is told of. */
export interface DoneOutcome extends Omit<Extract<RunOutcome, { state: 'done' }>, 'folder'> {
  readonly folder: Pick<RunFolder, 'path' | 'report'>;
}

const BAR_CHARACTERS = 24;

/** The result of a run for a person: the bucket table, and what was kept and why not. */
export function describeResult(outcome: DoneOutcome, badFiles: readonly BadFile[] = []): string {
  const { folder, merged, record } = outcome;
  const source = scoreSourceOf(record);
  const unchecked = uncheckedOf(record, merged);
  const blocks = [
    [describeScoreSource(source)],
    hasScoreSource(source) ? bucketTable(merged.buckets, source.label) : [],
    listHeadNotes(record.heads, record.encoder.digest, record.thresholds.min_aesthetic),
    accountLines(outcome),
    reasonLines(merged),
    unchecked.map((tag) => `${describeUnchecked(tag, merged.counts.kept)}.`),
    partBlock(record.parts),
    meanLine(merged),
    badFiles.length > 0
      ? [`Passed over: ${badFiles.length} bad files, named above. Their rows are not counted.`]
      : [],
    [`Report: ${folder.report}`],
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => `\n${lines.join('\n')}`)
    .join('\n');
}

/** The same for a machine: one JSON object. */
export function describeJson({ folder, merged, record }: DoneOutcome, badFiles?: readonly BadFile[]): string {
  const { counts, retried, buckets, meanCheck, hosts, saved } = merged;
  const { label } = scoreSourceOf(record);
  const unchecked = uncheckedOf(record, merged).map(({ tag, rows }) => [tag, rows]);
  return JSON.stringify({
    state: record.state,
    output_folder: folder.path,
    report: folder.report,
    ...counts,
    retried,
    ...(saved && { saved }),
    kept_unchecked: Object.fromEntries(unchecked),
    parts: record.parts,
    buckets: buckets.map((bucket) => jsonBucket(bucket, label)),
    label: label && { column: labelColumn('aesthetic', label), ...label },
    mean_check: meanCheck ?? null,
    hosts: hosts ?? null,
    head_notes: listHeadNotes(record.heads, record.encoder.digest, record.thresholds.min_aesthetic),
    provenance: provenanceJson(merged.provenance),
    ...(badFiles && { bad_files: badFiles }),
  });
}

function jsonBucket({ name, count, meanScore }: BucketSummary, label: Label | null): object {
  const bounds = label && boundsInUnit(name, label);
  return {
    bucket: name,
    count,
    mean_score: meanScore,
    ...(bounds && { label_from: bounds.lower, label_to: bounds.upper }),
  };
}

function partBlock(parts: RunRecord['parts']): string[] {
  const lines = partLines(parts);
  return lines === '' ? [] : [lines];
}

function meanLine({ meanCheck, buckets }: MergedRun): string[] {
  if (meanCheck === undefined || buckets.every(({ count }) => count === 0)) return [];
  const difference = meanCheck.toExponential(1);
  if (meanCheck > MEAN_TOLERANCE) {
    return [
      `The head's score of a bucket's mean embedding and the mean of its scores differ by ${difference}:`,
      'sums and scores do not belong together.',
    ];
  }
  return [`The head's score of each bucket's mean embedding is the bucket's mean score, to ${difference}.`];
}

function bucketTable(buckets: readonly BucketSummary[], label: Label | null): string[] {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return ['No image has a score.'];
  const most = Math.max(1, ...buckets.map(({ count }) => count));
  const shown = buckets.filter(({ name, count }) => count > 0 || /^\d$/.test(name));
  const rows = shown.map(({ name, count, meanScore }) => [
    bucketLabel(name),
    String(count),
    `${((100 * count) / total).toFixed(1)}%`,
    meanScore === null ? '-' : meanScore.toFixed(3),
    ...(label ? [bucketInUnit(name, label)] : []),
    '█'.repeat(Math.round((BAR_CHARACTERS * count) / most)),
  ]);
  return [formatTable([['score', 'images', 'share', 'mean', ...(label ? [label.unit] : []), ''], ...rows])];
}

function accountLines({ merged, record }: DoneOutcome): string[] {
  const { counts, buckets, saved } = merged;
  const rows: string[][] = [];
  const add = (what: string, count: number): void => {
    rows.push([what, String(count), '']);
  };
  add('rows', counts.count);
  for (const [status, name] of Object.entries(FAILURE_NAMES) as [FailedStatus, string][]) {
    if (counts[status] > 0) add(`  ${name}`, counts[status]);
  }
  const scored = buckets.reduce((sum, { count }) => sum + count, 0);
  if (scored !== counts.successes) add('embedded', counts.successes);
  if (scored > 0 || scored === counts.successes) add('scored', scored);
  const thresholds = reportThresholds(record.thresholds);
  for (const rule of DROP_RULES) {
    const count = counts.dropped_by[rule] ?? 0;
    if (count > 0) add(`  dropped: ${dropRuleText(rule, thresholds)}`, count);
  }
  add('kept', counts.kept);
  if (saved) rows.push(['images saved', String(saved.images), `${(saved.bytes / 1e6).toFixed(1)} MB`]);
  return [formatTable(rows)];
}

function reasonLines({ counts }: MergedRun): string[] {
  const reasons = Object.entries(counts.reasons).sort(([, a], [, b]) => b - a);
  const why = reasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
  return why === '' ? [] : [`Reasons of failure: ${why}`];
}

/** Columns two spaces apart: the first and the last to the left, those between to the right. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number): string =>
    column === 0 || column === widths.length - 1
      ? cell.padEnd(widths[column]!)
      : cell.padStart(widths[column]!);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
