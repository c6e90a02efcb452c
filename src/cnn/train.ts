import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { makeFolders, remove, writeFileAtomic } from '../base/files.ts';
import { outputFailure } from '../base/output-file.ts';
import { refuseOutputOfOthers, refusePartOfOutput } from '../base/output-kinds.ts';
import { env } from '../embed/onnxruntime.ts';
import type { TrainProgress } from '../learn/options.ts';
import { type EncoderManifest, manifestText } from '../models/manifest.ts';
import type { Label } from '../samples/label.ts';
import { readCheckpoint, type Settings, writeCheckpoint } from './checkpoint.ts';
import { type Course, type CourseHooks, trainCourse } from './course.ts';
import { type Dataset, openDataset } from './dataset.ts';
import { imageModel } from './inference-graph.ts';
import { judge } from './judge.ts';
import type { Look } from './looks.ts';
import {
  CHECKPOINT_FILE,
  type CnnOptions,
  MANIFEST_FILE,
  MODEL_FILE,
  PAGE_FILE,
  RECORD_FILE,
} from './options.ts';
import { pageOf } from './page.ts';
import { pixelScaleOf } from './pixel-scale.ts';
import { type CnnRecord, type RecordParts, recordOf } from './record.ts';
import { layerSizes, type NetworkShape } from './shape.ts';

/** What came of a training. */
export interface CnnResult {
  readonly folder: string;
  readonly record: CnnRecord;
  /** Whether a signal ended it; then the model is the best so far, and the checkpoint stays. */
  readonly isInterrupted: boolean;
}

/**
 * Trains a network on the pixels of a dataset, and writes it as an image model that `score` takes, with its record and page. A folder with a checkpoint of the same settings
 * is gone on with. The same dataset, options and seed give the same bytes on a machine, whether or not it was interrupted.
 *
 * @throws the signal's reason before the end of the first epoch; BowerbirdError as `openDataset`; BB_USAGE where the network does not fit the pictures, BB_OUTPUT_FOLDER, BB_OUTPUT_EXISTS, BB_RUN_CHANGED where a training with other
 *   settings lies there, BB_DEVICE_UNAVAILABLE, BB_OUTPUT_WRITE, BB_DISK_FULL
 */
export async function trainCnn(options: CnnOptions, progress: TrainProgress): Promise<CnnResult> {
  const folder = resolve(options.outputFolder);
  refuseTaken(folder, options);
  const dataset = await openDataset(options.dataset, progress);
  const course = courseOf(options, dataset);
  await makeFolders(folder).catch((thrown: unknown) => {
    throw outputFailure(folder, thrown);
  });
  const hooks = hooksOf(folder, { course, options, dataset, progress });
  const trained = await trainCourse(course, hooks);
  if (trained.end === 'diverged')
    progress.note(
      `The loss is no number any more after epoch ${trained.looks.length - 1}: the network of epoch ${trained.bestEpoch} is kept. Give a smaller --learning-rate.`,
    );
  // The start of a network is nothing that anybody wants; the checkpoint stays.
  if (trained.end === 'signal' && trained.looks.length === 1) throw progress.signal?.reason;
  const label = labelOf(dataset);
  const network = { shape: course.shape, weights: trained.weights, ...course.targetScale };
  const model = imageModel(network, descriptionOf(dataset));
  const judgement = await judge(
    { dataset, network, scale: course.scale, label, seed: options.seed, threads: options.threads },
    progress,
  );
  const parts: RecordParts = { options, dataset, course, trained, judgement, model, label };
  const record = recordOf(parts);
  await writeResult(folder, { parts, record });
  const isInterrupted = trained.end === 'signal';
  // What could be gone on with goes only when all that it leads to stands.
  if (!isInterrupted) await remove(join(folder, CHECKPOINT_FILE));
  return { folder, record, isInterrupted };
}

function courseOf(options: CnnOptions, dataset: Dataset): Course {
  const shape: NetworkShape = {
    imagePx: dataset.imagePx,
    convolutions: options.convolutions,
    hidden: options.hidden,
    dropout: options.dropout,
  };
  layerSizes(shape);
  const { train, validation } = dataset.splits;
  const { batch, epochs, patience, learningRate, seed, threads, device } = options;
  return {
    ...{ shape, train, validation, batch, epochs, patience, learningRate, seed, threads, device },
    loss: { name: options.loss, quantile: options.quantile },
    scale: pixelScaleOf(train, dataset.imagePx),
    targetScale: scaleOf(train.targets),
  };
}

/** Mean and spread; a spread of 0 is as good as 1. */
function scaleOf(targets: Float64Array): Course['targetScale'] {
  const base = targets.reduce((sum, target) => sum + target, 0) / targets.length;
  const variance = targets.reduce((sum, target) => sum + (target - base) ** 2, 0) / targets.length;
  return { base, factor: Math.sqrt(variance) || 1 };
}

interface HookParts {
  readonly course: Course;
  readonly options: CnnOptions;
  readonly dataset: Dataset;
  readonly progress: TrainProgress;
}

function hooksOf(folder: string, { course, options, dataset, progress }: HookParts): CourseHooks {
  const path = join(folder, CHECKPOINT_FILE);
  const about = { shape: course.shape, settings: settingsOf(options, dataset) };
  const found = readCheckpoint(path, about);
  if (found && found.differences.length > 0 && !options.overwrite)
    throw new BowerbirdError(
      'BB_RUN_CHANGED',
      `${folder} holds a training that has not ended, with other settings: ${found.differences.join('; ')}. Give the same ones to go on, --incremental-mode overwrite to begin anew, or another --output-folder.`,
      { fields: { path } },
    );
  const from = found?.differences.length === 0 ? found : undefined;
  if (from) progress.note(`Going on after epoch ${from.looks.at(-1)!.epoch} of ${options.epochs}.`);
  return {
    ...{ signal: progress.signal, from },
    keep: (checkpoint) => writeCheckpoint(path, checkpoint, about),
    onStep: (done, total) => progress.advance('training', done, total, 'steps'),
    onSeen: (done, total) => progress.advance('looking at validation', done, total, 'pictures'),
    onLook: (look) => progress.note(describeLook(look)),
  };
}

function describeLook({ epoch, trainingLoss, validationLoss, figures }: Look): string {
  const round = (value: number | null | undefined): string =>
    value === null || value === undefined ? 'not defined' : String(Number(value.toPrecision(4)));
  const training = trainingLoss === null ? '' : `loss ${round(trainingLoss)}, `;
  return `epoch ${epoch}: ${training}on validation ${round(validationLoss)}, predictions / truth ${round(figures['ratio'])}, order of two right ${round(figures['ranking_2'])}`;
}

/** All that the weights after an epoch depend on. The number of epochs, patience and threads do not change them. */
function settingsOf(options: CnnOptions, dataset: Dataset): Settings {
  const { convolutions, hidden, dropout, batch, learningRate, loss, quantile, seed, device } = options;
  return {
    dataset: dataset.digest,
    convolutions: convolutions.map(({ channels, kernelPx }) => `${channels}x${kernelPx}`).join(),
    hidden: hidden.join(),
    dropout: String(dropout),
    batch: String(batch),
    'learning-rate': String(learningRate),
    loss: loss === 'quantile' ? `quantile ${quantile}` : loss,
    seed: String(seed),
    device,
    onnxruntime: String(env.versions.node ?? env.versions.common),
  };
}

const UNITS: Readonly<Record<string, string>> = { max: 'share_of_best', followers: 'per_follower' };

/** What a score is brought back to; undefined where labels are learned as they are. */
function labelOf({ transform, standardise }: Dataset): Label | undefined {
  return transform && { transform, unit: UNITS[standardise] ?? 'likes' };
}

function descriptionOf({ standardise, transform }: Dataset): string {
  const likes =
    { max: 'likes over those of the most liked post of the user', followers: 'likes over followers' }[
      standardise
    ] ?? 'likes';
  return `A network on pixels, trained on ${likes}${transform ? `, transformed by ${transform}` : ''}`;
}

/** The model last but for the page: a folder with one has its record and manifest. */
async function writeResult(
  folder: string,
  { parts, record }: { readonly parts: RecordParts; readonly record: CnnRecord },
): Promise<void> {
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    const path = join(folder, name);
    await writeFileAtomic(path, content).catch((thrown: unknown) => {
      throw outputFailure(path, thrown);
    });
  };
  await write(RECORD_FILE, `${JSON.stringify(record, undefined, 2)}\n`);
  await write(MANIFEST_FILE, manifestText(manifestOf(parts)));
  await write(MODEL_FILE, parts.model);
  const { page } = parts.options;
  if (!page) return;
  const { renderTrainPage } = await import('../report/train-page.ts');
  await write(PAGE_FILE, await renderTrainPage(pageOf(parts, record, page)));
}

/** As the pictures of a dataset are cut: the short side, then the middle. */
function manifestOf({ dataset, course, label, model }: RecordParts): EncoderManifest {
  return {
    name: `cnn-${dataset.question}`,
    description: descriptionOf(dataset),
    kind: 'classifier',
    transform: {
      ...{ sizePx: dataset.imagePx, resize: 'short-side', interpolation: 'bicubic' },
      mean: course.scale.mean,
      std: course.scale.std,
    },
    dimension: 1,
    sha256: createHash('sha256').update(model).digest('hex'),
    score: { tag: 'aesthetic', class: 0, activation: 'none', ...(label && { label }) },
  };
}

function refuseTaken(folder: string, { overwrite }: CnnOptions): void {
  const model = join(folder, MODEL_FILE);
  refuseOutputOfOthers(folder, 'a network', '--output-folder');
  refusePartOfOutput(model);
  // One that was interrupted is gone on with.
  if (overwrite || !existsSync(model) || existsSync(join(folder, CHECKPOINT_FILE))) return;
  throw new BowerbirdError(
    'BB_OUTPUT_EXISTS',
    `${model} exists already. Give --incremental-mode overwrite to replace it, or another --output-folder.`,
    { fields: { path: model } },
  );
}
