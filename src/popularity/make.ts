import { join } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { makeFolders, writeNewFile, writing } from '../base/files.ts';
import type { OutputPlace } from '../base/output-place.ts';
import { openPosts } from '../posts/table.ts';
import { withViews } from '../posts/views.ts';
import { largestCountOf, transformCount } from '../samples/label.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import { type Choice, choosePosts } from './choose.ts';
import { filterByGate, filterByTable } from './filters.ts';
import { Crops, lookAtImages } from './images.ts';
import { Fates } from './left-out.ts';
import { type Material, readMaterial } from './material.ts';
import type { DatasetOptions, DatasetProgress, ImageOptions } from './options.ts';
import { publish, takePlace } from './place.ts';
import { DATASET_FILE, type DatasetRecord, datasetRecord, ROWS_FILE, type SplitFiles } from './record.ts';
import { leaveOutRepeated } from './repeated.ts';
import { fillChosen, writeLabels, writeRows } from './rows.ts';
import { RunImages } from './run-images.ts';
import { SPLITS, type Split } from './split.ts';
import { writeImages, writeLabelArray } from './tensors.ts';

const MEMORY_LIMIT_MB = 1024;

/** What a dataset is made with. */
interface Workshop {
  readonly options: DatasetOptions;
  readonly progress: DatasetProgress;
  readonly connection: DuckDBConnection;
  readonly place: OutputPlace;
  readonly temporaryFolder: string;
}

/**
 * Makes a dataset of a table of posts, whole or not at all.
 *
 * @throws BowerbirdError as `openPosts`, `takePlace`, `filterByGate`, `RunImages.open`, `lookAtImages`; BB_INPUT_EMPTY where a split would have no post, BB_USAGE where the transform does
 *   not reach the largest label, BB_DISK_FULL, BB_SHARD_WRITE; the signal's reason
 */
export async function makeDataset(
  options: DatasetOptions,
  progress: DatasetProgress,
): Promise<DatasetRecord> {
  const posts = await openPosts(options.posts);
  const place = await takePlace(options.outputFolder, options.overwrite, progress.note);
  try {
    const temporaryFolder = join(place.staging, 'spill');
    await writing(place.path, () => makeFolders(temporaryFolder));
    const spill = { memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder };
    const record = await withViews(posts, spill, (connection) =>
      make({ options, progress, connection, place, temporaryFolder }),
    );
    const path = join(place.files, DATASET_FILE);
    await writing(path, () => writeNewFile(path, `${JSON.stringify(record, undefined, 2)}\n`));
    progress.signal?.throwIfAborted();
    await publish(place);
    return record;
  } finally {
    await place.release();
  }
}

async function make(workshop: Workshop): Promise<DatasetRecord> {
  const { options, progress, connection, temporaryFolder } = workshop;
  const material = await readMaterial(connection, options.seed, progress);
  const { images } = options;
  if (!images) return makeOf(workshop, material, undefined);
  const runImages = await RunImages.open(images.picturesFrom, material, progress);
  try {
    const crops = await Crops.open(join(temporaryFolder, 'crops'), images.sizePx, material.count);
    try {
      return await makeOf(workshop, material, { crops, runImages, images });
    } finally {
      await crops.close();
    }
  } finally {
    await runImages.close();
  }
}

/** What images are looked at with. */
interface Looking {
  readonly crops: Crops;
  readonly runImages: RunImages;
  readonly images: ImageOptions;
}

async function makeOf(
  workshop: Workshop,
  material: Material,
  looking: Looking | undefined,
): Promise<DatasetRecord> {
  const { options, progress, connection, place, temporaryFolder } = workshop;
  const { takesRepeated, processes } = options;
  const fates = new Fates(material.count);
  const hasImage = (row: number): boolean => material.hasImage[row] === 1 || looking!.runImages.has(row);
  filterByTable(material, fates, options, looking && hasImage);
  const gateScores =
    options.gate && (await filterByGate(material, fates, options.gate, { temporaryFolder, progress }));
  if (!takesRepeated) leaveOutRepeated(material.hashes, material, fates, 'hash_repeated');
  if (looking) {
    const { crops, runImages, images } = looking;
    const pass = { material, fates, crops, runImages, takesRepeated, processes, progress };
    await lookAtImages(connection, { ...pass, options: images });
  }
  const choice = choosePosts(material.columns, fates, options);
  refuseEmpty(choice, material, fates, options);
  const targets = targetsOf(choice, options);
  await fillChosen(connection, { choice, targets, gateScores });
  await writeRows(connection, place.files, ROWS_FILE);
  const files = await writeSplits(workshop, choice, looking?.crops);
  return datasetRecord({ options, material, fates, choice, files });
}

async function writeSplits(
  { options, progress, connection, place }: Workshop,
  choice: Choice,
  crops: Crops | undefined,
): Promise<Record<Split, SplitFiles>> {
  const counts = { train: 0, validation: 0, test: 0 };
  for (const split of SPLITS) counts[split] = choice.rows[split].length;
  const named = await writeLabels(connection, place.files, { question: options.question, counts });
  const files: Partial<Record<Split, SplitFiles>> = {};
  for (const split of SPLITS) {
    const rows = choice.rows[split];
    files[split] = {
      ...named[split],
      labels: await writeLabelArray(place.files, split, rows, choice.values),
      ...(crops &&
        options.images && {
          images: await writeImages(place.files, split, rows, {
            ...{ crops, sizePx: options.images.sizePx, progress },
          }),
        }),
    };
  }
  return files as Record<Split, SplitFiles>;
}

/** What is learned of each label, transformed. @throws BowerbirdError BB_USAGE */
function targetsOf({ rows, values }: Choice, { transform }: DatasetOptions): Float64Array | undefined {
  if (transform === undefined) return undefined;
  const most = largestCountOf(transform);
  const targets = new Float64Array(values.length).fill(Number.NaN);
  for (const split of SPLITS) {
    for (const row of rows[split]) {
      if (values[row]! > most)
        throw new BowerbirdError(
          'BB_USAGE',
          `The transform ${transform} grows up to ${most} alone, and a label is ${values[row]}. Give another --label-transform.`,
          { fields: { transform, label: values[row]! } },
        );
      targets[row] = transformCount(transform, values[row]!);
    }
  }
  return targets;
}

/** A dataset without a test would look like one. @throws BowerbirdError BB_INPUT_EMPTY */
function refuseEmpty(
  { rows }: Choice,
  { count }: Material,
  fates: Fates,
  { posts, splitBy }: DatasetOptions,
): void {
  if (SPLITS.every((split) => rows[split].length > 0)) return;
  const left = Object.entries(fates.books()).map(([reason, number]) => `${number} ${reason}`);
  const taken = SPLITS.reduce((sum, split) => sum + rows[split].length, 0);
  const needed = splitBy === 'post' ? '7 posts' : 'posts of 3 users';
  throw new BowerbirdError(
    'BB_INPUT_EMPTY',
    `Of the ${count} posts of ${posts} ${taken} remain${left.length > 0 ? ` (left out: ${left.join(', ')})` : ''}, and train, validation and test need at least ${needed}. Loosen the filters, or add posts.`,
    { fields: { path: posts, posts: count, taken } },
  );
}
