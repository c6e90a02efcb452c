import type { BucketSummary } from '../buckets/summary.ts';
import { listHeadNotes } from '../pipeline/head-record.ts';
import type { MergedRun } from '../pipeline/merge.ts';
import type { RunRecord } from '../pipeline/run-record.ts';
import type { ScoreOutcome } from '../pipeline/score.ts';
import type { BadFile } from '../rescore/plan.ts';
import { partLines } from './parts-view.ts';

type DoneOutcome = Extract<ScoreOutcome, { state: 'done' }>;

const BAR_CHARACTERS = 24;

/** The result of a run for a person: the bucket table, and what was kept and why not. */
export function describeResult(
  { folder, merged, record }: DoneOutcome,
  badFiles: readonly BadFile[] = [],
): string {
  const source = scoreSource(record);
  return [
    '',
    ...(source
      ? [source, '', bucketTable(merged.buckets)]
      : [
          'Images were embedded; with neither a head nor a column of the input there are no aesthetic scores.',
        ]),
    ...listHeadNotes(record.heads, record.encoder.digest).flatMap((note) => ['', note]),
    '',
    ...accountLines(merged, source ? 'scored' : 'embedded'),
    '',
    ...partBlock(record.parts),
    ...meanLine(merged),
    ...(badFiles.length > 0 ? [`Passed over: ${badFiles.length} bad files, named above.`] : []),
    `Every row is accounted for. Report: ${folder.report}`,
  ].join('\n');
}

/** Where the aesthetic scores come from; undefined where there are none. */
function scoreSource({ encoder, heads, columns }: RunRecord): string | undefined {
  if (heads['aesthetic']) return `Scores by ${encoder.name} (${encoder.description})`;
  const column = columns['aesthetic'];
  return column && `Scores of the input's column "${column}"`;
}

/** The same for a machine: one JSON object. */
export function describeJson({ folder, merged, record }: DoneOutcome, badFiles?: readonly BadFile[]): string {
  const { counts, buckets, meanCheck } = merged;
  return JSON.stringify({
    state: record.state,
    output_folder: folder.path,
    report: folder.report,
    ...counts,
    parts: record.parts,
    buckets: buckets.map(({ name, count, meanScore }) => ({ bucket: name, count, mean_score: meanScore })),
    mean_check: meanCheck ?? null,
    head_notes: listHeadNotes(record.heads, record.encoder.digest),
    ...(badFiles && { bad_files: badFiles }),
  });
}

function partBlock(parts: RunRecord['parts']): string[] {
  const lines = partLines(parts);
  return lines === '' ? [] : [lines, ''];
}

function meanLine({ meanCheck }: MergedRun): string[] {
  if (meanCheck === undefined) return [];
  return [
    `The head's score of each bucket's mean embedding is the bucket's mean score, to ${meanCheck.toExponential(1)}.`,
  ];
}

function bucketTable(buckets: readonly BucketSummary[]): string {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(1, ...buckets.map(({ count }) => count));
  const shown = buckets.filter(({ name, count }) => count > 0 || /^\d$/.test(name));
  const rows = shown.map(({ name, count, meanScore }) => [
    bucketLabel(name),
    String(count),
    total > 0 ? `${((100 * count) / total).toFixed(1)}%` : '-',
    meanScore === null ? '-' : meanScore.toFixed(3),
    '█'.repeat(Math.round((BAR_CHARACTERS * count) / most)),
  ]);
  return formatTable([['score', 'images', 'share', 'mean', ''], ...rows]);
}

function bucketLabel(name: string): string {
  if (name === 'below') return '< 0';
  if (name === 'above') return '>= 10';
  return `${name} - ${Number(name) + 1}`;
}

function accountLines({ counts }: MergedRun, word: 'scored' | 'embedded'): string[] {
  const rows: string[][] = [];
  const add = (what: string, count: number): void => {
    rows.push([what, String(count), '']);
  };
  add('rows', counts.count);
  for (const status of ['failed_to_download', 'failed_to_resize', 'failed_to_embed'] as const) {
    if (counts[status] > 0) add(`  ${status}`, counts[status]);
  }
  add(word, counts.successes);
  for (const [rule, count] of Object.entries(counts.dropped_by)) add(`  dropped by ${rule}`, count);
  add('kept', counts.kept);
  const reasons = Object.entries(counts.reasons).sort(([, a], [, b]) => b - a);
  const why = reasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
  return [formatTable(rows), ...(why ? ['', `Reasons of failure: ${why}`] : [])];
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
