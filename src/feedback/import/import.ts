import { BowerbirdError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { readHead } from '../../tables/content.ts';
import { type InputFormat, inferFormat, type TextOptions } from '../../tables/formats.ts';
import type { FeedbackRecord } from '../answer.ts';
import { LINE_PROBLEMS, type LineProblem, ProblemCounts } from '../problems.ts';
import { readRecords } from '../records.ts';
import type { FeedbackWriter } from '../writer.ts';
import type { ShapeChoice } from './columns.ts';
import { type ExportedTask, isTask, modeOfTasks, readLabelStudio, rowsOfTask } from './label-studio.ts';
import { RowAnswers, type RowDefaults, type RowValues } from './row-answer.ts';
import { tableRows } from './table-rows.ts';

/** How files are imported. */
export interface ImportOptions extends ShapeChoice, Omit<RowDefaults, 'mode'> {
  readonly text: TextOptions;
  /** Of files whose names do not tell it. */
  readonly untoldFormat?: InputFormat | undefined;
  /** For what is converted; the caller removes it. */
  readonly temporaryFolder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
  /** Called with the number of rows so far. */
  readonly onProgress?: ((rows: number) => void) | undefined;
}

/** What became of the rows: `rows` is the sum of the others. */
export interface ImportCounts {
  readonly rows: number;
  readonly saved: number;
  /** Answers that the feedback file had already. */
  readonly savedBefore: number;
  readonly problems: ProblemCounts;
}

interface Batch {
  readonly first: number;
  readonly said: readonly (FeedbackRecord | LineProblem)[];
}

const TASKS_AT_A_TIME = 1000;

/**
 * Brings answers of other files into a feedback file: tables (CSV, TSV, Parquet, JSON, JSON Lines), Label Studio's JSON export, and feedback files.
 * A row that is no answer is counted. Stopped at any moment, it may be run again: what is there is not brought twice.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_COLUMN_MISSING, BB_USAGE, and those of the writer; the signal's
 *   reason when it is aborted
 */
export async function importAnswers(
  paths: readonly string[],
  writer: FeedbackWriter,
  options: ImportOptions,
): Promise<ImportCounts> {
  const problems = new ProblemCounts('row', LINE_PROBLEMS);
  const counts = { rows: 0, saved: 0, savedBefore: 0 };
  for (const path of paths) {
    for await (const { first, said } of batchesOf(path, options)) {
      options.signal?.throwIfAborted();
      const places = said.flatMap((each, i) => (typeof each === 'string' ? [] : [first + i]));
      const records = said.filter((each) => typeof each !== 'string');
      for (const [i, each] of said.entries()) {
        if (typeof each === 'string') problems.add({ path, line: first + i, problem: each });
      }
      for (const [i, saved] of (await writer.append(records)).entries()) {
        if (saved === 'saved') counts.saved++;
        else if (saved === 'saved-before') counts.savedBefore++;
        else problems.add({ path, line: places[i]!, problem: saved });
      }
      counts.rows += said.length;
      options.onProgress?.(counts.rows);
    }
  }
  return { ...counts, problems };
}

async function* batchesOf(path: string, options: ImportOptions): AsyncGenerator<Batch> {
  const { head } = await readHead(path);
  if (await isFeedback(path, head)) return yield* recordsOf(path);
  const answers = new RowAnswers(options);
  const toBatch = (first: number, rows: readonly RowValues[], isExport: boolean): Batch => ({
    first,
    said: rows.map((row) => answers.of(row, isExport)),
  });
  const tasks = await readLabelStudio(path);
  if (tasks) {
    const shown = modeOfTasks(tasks.filter(isTask));
    const rowsOf = (task: JsonObject): readonly RowValues[] => rowsOfTask(path, task, options, shown);
    refuseUnnamed(tasks, rowsOf);
    let first = 1;
    for (let from = 0; from < tasks.length; from += TASKS_AT_A_TIME) {
      const said = tasks
        .slice(from, from + TASKS_AT_A_TIME)
        .flatMap((task) =>
          saidBy(task, rowsOf).map((row) => (typeof row === 'string' ? row : answers.of(row, false))),
        );
      yield { first, said };
      first += said.length;
    }
    return;
  }
  const format = inferFormat(path) ?? options.untoldFormat;
  if (format === undefined || format === 'txt') {
    throw new BowerbirdError(
      'BB_INPUT_FORMAT',
      `What ${path} holds does not show in its name. Say it with --input-format: csv, tsv, parquet, json or jsonl.`,
      { fields: { path } },
    );
  }
  for await (const { firstRow, rows, isExport } of tableRows(path, { ...options, format }))
    yield toBatch(firstRow, rows, isExport);
}

type RowsOf = (task: JsonObject) => readonly RowValues[];

/** The rows of a task; one that is none, or does not say which samples it is about, is a bad row. */
function saidBy(task: ExportedTask, rowsOf: RowsOf): readonly (RowValues | LineProblem)[] {
  if (!isTask(task)) return [task];
  try {
    return rowsOf(task);
  } catch (thrown) {
    if (thrown instanceof BowerbirdError && thrown.code === 'BB_COLUMN_MISSING') return ['bad-sample'];
    throw thrown;
  }
}

/** Where no task says which samples it is about, a person is to say it. @throws BowerbirdError BB_COLUMN_MISSING */
function refuseUnnamed(tasks: readonly ExportedTask[], rowsOf: RowsOf): void {
  let failure: unknown;
  for (const task of tasks.filter(isTask)) {
    try {
      if (rowsOf(task).length > 0) return;
    } catch (thrown) {
      failure ??= thrown;
    }
  }
  if (failure !== undefined) throw failure;
}

/** Whether the first line of a file is one of a feedback file: an answer, or what takes one back. */
async function isFeedback(path: string, head: Buffer): Promise<boolean> {
  if (head.find((byte) => byte > 0x20) !== 0x7b) return false;
  for await (const { lines } of readRecords(path)) {
    const [first] = lines;
    if (first) return typeof first.said !== 'string';
  }
  return false;
}

async function* recordsOf(path: string): AsyncGenerator<Batch> {
  for await (const { lines } of readRecords(path)) {
    // Blank lines are left out: a batch goes from one to the next.
    for (let from = 0; from < lines.length; ) {
      let to = from + 1;
      while (to < lines.length && lines[to]!.line === lines[to - 1]!.line + 1) to++;
      yield { first: lines[from]!.line, said: lines.slice(from, to).map(({ said }) => said) };
      from = to;
    }
  }
}
