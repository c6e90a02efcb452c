import { join } from 'node:path';
import { BowerbirdError, type ErrorFields } from '../base/errors.ts';
import { readFailure } from '../tables/errors.ts';
import type { FoundInput } from '../tables/formats.ts';
import { SubsetDatabase } from './database.ts';
import { isMachineFault, SubsetError, subsetFailure } from './errors.ts';
import { type FoundInputs, findInputs, probeFile, type SkippedFile } from './inputs.ts';
import { type Judgement, judgeRows } from './judge.ts';
import type { KeptRows } from './kept-rows.ts';
import type { SubsetListeners } from './listeners.ts';
import { makeSubset, type OnBadFile, preparePlan } from './make.ts';
import type { SubsetOptions } from './options.ts';
import { OutputFolder } from './output-folder.ts';
import type { SubsetPlan } from './plan.ts';
import type { SubsetSummary } from './summary.ts';

export type { SubsetListeners } from './listeners.ts';

/** What was made, and what it took. */
export interface SubsetResult {
  readonly summary: SubsetSummary;
  readonly outputFolder: string;
  readonly peakSpillBytes: number;
}

/**
 * Makes one or several subsets of metadata and publishes them in one step. Fails without a trace under the final name.
 *
 * @throws TableError, SubsetError, BowerbirdError as documented in docs/errors.md; the signal's reason once aborted
 */
export async function runSubset(
  options: SubsetOptions,
  listeners: SubsetListeners = {},
): Promise<SubsetResult> {
  const output = new OutputFolder(options);
  const found = await findInputs(options.metadata, options.tags, {
    ...options,
    outputFolder: output.path,
    onNote: listeners.onNote,
  });
  const inputs = [...found.metadata, ...found.tags].map(({ path }) => path);
  output.check(inputs);
  await output.open(inputs, listeners.onNote);
  const skipped: SkippedFile[] = [];
  try {
    for (;;) {
      const attempt = await tryOnce(options, without(found, skipped), { output, skipped }, listeners);
      if (!attempt) continue;
      listeners.signal?.throwIfAborted();
      await output.publish();
      return { ...attempt, outputFolder: output.path };
    }
  } catch (thrown) {
    if (listeners.signal?.aborted) throw listeners.signal.reason;
    throw subsetFailure(thrown, output.path, output.spillFolder, options.where);
  } finally {
    await output.close();
  }
}

/** One go over all files; undefined where a bad one was found under way and the rest is to be done anew. */
async function tryOnce(
  options: SubsetOptions,
  found: FoundInputs,
  { output, skipped }: { readonly output: OutputFolder; readonly skipped: SkippedFile[] },
  { signal, onProgress, onNote }: SubsetListeners,
): Promise<Omit<SubsetResult, 'outputFolder'> | undefined> {
  const onBad: OnBadFile = (role, path, error) => {
    if (!options.skipBadFiles) throw withAdvice(error);
    skipped.push({ role, path, reason: error.message });
    onNote?.(`Left out: ${error.message}`);
  };
  const database = await SubsetDatabase.open(options, output.spillFolder, { signal, onProgress });
  try {
    await database.prepareFor(found);
    const plan = await preparePlan(database.connection, found, options, {
      stagingFolder: join(output.spillFolder, 'inputs'),
      onBad,
      onProgress: (phase) => onProgress?.({ phase, spilledBytes: 0 }),
      signal,
    });
    try {
      const summary = await makeSubset(database, plan, options, {
        output,
        skippedFiles: skipped,
        onWarning: (warning) => onNote?.(warning),
        judge: (opened, planned, kept) => judge(opened, planned, options, kept),
      });
      return { summary, peakSpillBytes: database.peakSpillBytes };
    } catch (thrown) {
      if (thrown instanceof BowerbirdError || signal?.aborted || isMachineFault(thrown)) throw thrown;
      onNote?.('Reading failed; looking for the file that is to blame ...');
      const foundBad = await reportBadFiles(database, plan, onBad, thrown);
      if (!foundBad) throw thrown;
      await output.clear();
      return undefined;
    }
  } finally {
    database.close();
  }
}

/** Judges all rows, or takes what slices have found. */
async function judge(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
  kept: KeptRows | undefined,
): Promise<Judgement> {
  const { slices } = options;
  if (!slices) return judgeRows(database, plan, options, kept);
  const { readJudgement } = await import('./slice.ts');
  return readJudgement(database, plan, { ...options, slices });
}

/** DuckDB does not always name the file that it failed on: each is read by itself. */
async function reportBadFiles(
  database: SubsetDatabase,
  plan: SubsetPlan,
  onBad: OnBadFile,
  cause: unknown,
): Promise<boolean> {
  let foundBad = false;
  const names = plan.metadata.schema.map((column) => column.name);
  const sources = [
    ...plan.metadata.files.map((file) => ({ role: 'metadata' as const, file, names })),
    ...plan.tables.flatMap((table) =>
      table.files.map((file) => ({
        role: 'tags' as const,
        file,
        names: [table.hash, ...Object.values(table.scores)],
      })),
    ),
  ];
  for (const { role, file, names: used } of sources) {
    const problem = await probeFile(database.connection, file, used);
    if (!problem) continue;
    foundBad = true;
    onBad(role, file.path, readFailure(file.path, problem.cause ?? cause));
  }
  return foundBad;
}

function without(found: FoundInputs, skipped: readonly SkippedFile[]): FoundInputs {
  const bad = new Set(skipped.map(({ path }) => path));
  const good = (inputs: readonly FoundInput[]): FoundInput[] => inputs.filter(({ path }) => !bad.has(path));
  return { ...found, metadata: good(found.metadata), tags: good(found.tags) };
}

function withAdvice(error: BowerbirdError): BowerbirdError {
  const fields: ErrorFields = error.fields;
  return new SubsetError(
    error.code,
    `${error.message} --skip-bad-files leaves such files out and counts them.`,
    { cause: error, fields },
  );
}
