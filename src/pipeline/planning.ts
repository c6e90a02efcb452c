import { BowerbirdError } from '../base/errors.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { keepPlaces } from '../runs/run-changes.ts';
import { isRunFile } from '../runs/run-files.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { cutShards } from '../shards/cut-shards.ts';
import { holdsPictures, planRun, type RunPlan } from '../shards/plan.ts';
import { textNote } from '../tables/readable.ts';
import type { ScoreConfig } from './config.ts';
import { withNamedColumns } from './named-columns.ts';

/**
 * Plans a run over its inputs. With `--incremental-mode extend`, the inputs of the existing run keep their places
 * (and so their shards), and new ones come after them in path order.
 */
export async function planScore(
  config: ScoreConfig,
  folder: RunFolder,
  existing: RunRecord | undefined,
  progress: ScoreProgress,
): Promise<RunPlan> {
  const planned = await planRun({
    inputs: [...config.inputs],
    ...(config.inputFormat && { inputFormat: config.inputFormat }),
    text: config.text,
    skipBadFiles: config.skipBadFiles,
    ...(config.urlColumn && { urlColumn: config.urlColumn }),
    ...(config.captionColumn && { captionColumn: config.captionColumn }),
    ...(config.hashColumn && { hashColumn: config.hashColumn }),
    ...(config.imageColumn && { imageColumn: config.imageColumn }),
    // With a head the input's own score only passes through.
    ...(config.aestheticHead !== 'none' && { unjudged: ['aesthetic'] }),
    samplesPerShard: config.samplesPerShard,
    output: { path: folder.publishedPath, writes: isRunFile },
    stagingFolder: folder.staging,
    onProgress: (message) => progress.noteNowAndThen(message),
    onNote: (message) => progress.note(message),
  });
  if (config.saveConsent && holdsPictures(planned)) throw noHosts();
  const plan = withNamedColumns(planned, config);
  tellMalformed(plan, progress);
  tellBadFiles(plan, progress);
  if (config.incrementalMode !== 'extend' || !existing) return plan;
  const inputs = keepPlaces(plan.inputs, existing, ({ path }) => path);
  return { ...plan, inputs, shards: cutShards(inputs, plan.samplesPerShard) };
}

function noHosts(): BowerbirdError {
  return new BowerbirdError(
    'BB_USAGE',
    '--save-consent keeps what hosts say, and images that lie in files come from none. Leave it out.',
  );
}

function tellMalformed({ inputs }: RunPlan, progress: ScoreProgress): void {
  for (const input of inputs) {
    for (const note of input.notes ?? []) progress.note(note);
    const note = textNote(input, 'Rows without a URL end as url_missing.');
    if (note) progress.note(note);
  }
}

function tellBadFiles({ badFiles }: RunPlan, progress: ScoreProgress): void {
  for (const { message } of badFiles) progress.note(`Passed over: ${message}`);
}
