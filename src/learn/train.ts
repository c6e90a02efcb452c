import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { makeFolders, writeFileAtomic } from '../base/files.ts';
import { outputFailure, refuseInputs } from '../base/output-file.ts';
import { refuseOutputOfOthers, refusePartOfOutput } from '../base/output-kinds.ts';
import { trainLogistic, trainRidge } from './linear-methods.ts';
import { gatherMaterial, type Material } from './material.ts';
import { trainNetworks } from './network-methods.ts';
import { HEAD_FILE, type Method, PAGE_FILE, type TrainOptions, type TrainProgress } from './options.ts';
import { recordOf, type TrainingRecord } from './record.ts';
import type { MadeHead } from './result.ts';
import { trainingPage } from './training-page.ts';

/** What a training says of itself, in the same folder. */
export const RECORD_FILE = 'training.json';

/** What came of a training. */
export interface TrainingResult {
  readonly folder: string;
  readonly record: TrainingRecord;
  readonly made: MadeHead;
  readonly material: Material;
}

const TRAINERS: Readonly<
  Record<Method, (options: TrainOptions, material: Material, progress: TrainProgress) => Promise<MadeHead>>
> = {
  ridge: (...job) => orSmallPenalty(job[0], trainRidge(...job)),
  logistic: (...job) => orSmallPenalty(job[0], trainLogistic(...job)),
  'bradley-terry': trainNetworks,
  mlp: trainNetworks,
};

/**
 * Trains a head from answers and embeddings, and writes it with its record. The same files, options and seed give the same bytes.
 * A signal ends an ensemble at its best so far; before anything was trained, it is thrown.
 *
 * @throws BowerbirdError BB_OUTPUT_FOLDER where the folder is the output of another command, BB_OUTPUT_EXISTS, BB_INPUT_EMPTY,
 *   BB_OUTPUT_WRITE, BB_DISK_FULL; as `gatherMaterial`
 */
export async function trainHead(options: TrainOptions, progress: TrainProgress): Promise<TrainingResult> {
  const folder = resolve(options.outputFolder);
  refuseTaken(options);
  const material = await gatherMaterial(options, progress);
  const made = await TRAINERS[options.method](options, material, progress);
  const record = recordOf(options, material, made, progress.signal?.aborted === true);
  const head = join(folder, HEAD_FILE);
  await makeFolders(folder).catch((thrown: unknown) => {
    throw outputFailure(folder, thrown);
  });
  // The head last: a folder with one has the record of one.
  await writeOut(join(folder, RECORD_FILE), `${JSON.stringify(record, undefined, 2)}\n`);
  await writeOut(head, made.file);
  await writePage(join(folder, PAGE_FILE), { options, record, made, material });
  return { folder, record, made, material };
}

/** Without a penalty, samples fewer than dimensions fit many heads alike. @throws BowerbirdError BB_USAGE where so of the one given */
async function orSmallPenalty<T>({ penalty }: TrainOptions, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof RangeError) || penalty === undefined) throw thrown;
    throw new BowerbirdError(
      'BB_USAGE',
      `--penalty ${penalty} is too small for these samples: many heads fit them alike. Give a larger one, or leave it out.`,
      { cause: thrown },
    );
  }
}

/** After the head: it is not lost where its page cannot be made. */
async function writePage(
  path: string,
  trained: Omit<TrainingResult, 'folder'> & { options: TrainOptions },
): Promise<void> {
  const { page } = trained.options;
  if (!page) return;
  const { renderTrainPage } = await import('../report/train-page.ts');
  await writeOut(path, await renderTrainPage(await trainingPage(trained, page)));
}

async function writeOut(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(path, content);
  } catch (thrown) {
    throw outputFailure(path, thrown);
  }
}

/** Looks at the place before any work is done. @throws BowerbirdError BB_OUTPUT_FOLDER, BB_OUTPUT_EXISTS */
export function refuseTaken({
  outputFolder,
  overwrite,
  feedback,
  embeddings,
  queues = [],
}: TrainOptions): void {
  const folder = resolve(outputFolder);
  const head = join(folder, HEAD_FILE);
  refuseOutputOfOthers(folder, 'a head', '--output-folder');
  refusePartOfOutput(head);
  const inputs = [...feedback, ...embeddings, ...queues];
  for (const name of [HEAD_FILE, RECORD_FILE, PAGE_FILE]) refuseInputs(join(folder, name), inputs);
  if (overwrite || !existsSync(head)) return;
  throw new BowerbirdError(
    'BB_OUTPUT_EXISTS',
    `${head} exists already. Give --incremental-mode overwrite to replace it, or another --output-folder.`,
    { fields: { path: head } },
  );
}
