import { join } from 'node:path';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { isObject } from '../base/json-object.ts';
import { readPlainText } from '../base/plain-file.ts';
import { type LabelTransform, transformProblem } from '../samples/label.ts';

const PARTS = ['train', 'validation', 'test'] as const;
type PartName = (typeof PARTS)[number];

/** A part of a dataset of posts: its files. */
export interface DatasetPart {
  readonly count: number;
  /** A feedback file of likes, in the order of the images. */
  readonly feedback: string;
  /** uint8 (count, size, size, 3); undefined where the dataset has no tensors. */
  readonly images: string | undefined;
}

/** What `posts dataset` has written, as far as its record says it. */
export interface PostsDataset {
  readonly folder: string;
  /** Side of its images; undefined where it has none. */
  readonly imagePx: number | undefined;
  /** What is to be learned of its labels; undefined: the labels themselves. */
  readonly transform: LabelTransform | undefined;
  readonly parts: Readonly<Record<PartName, DatasetPart>>;
}

const DATASET_FILE = 'dataset.json';

/** The rows of a dataset, with the column `user`. */
export const DATASET_ROWS = 'dataset.parquet';

/**
 * Reads the record of a dataset of posts.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND where the folder has none, BB_INPUT_FORMAT where it is something else or damaged
 */
export async function readDataset(folder: string): Promise<PostsDataset> {
  const record = await readRecord(folder);
  const { imageSize, transform, splits } = record;
  const refuse = (what: string): BowerbirdError => unusable(folder, what);
  if (imageSize !== null && !isCount(imageSize)) throw refuse('"imageSize" is no number of pixels');
  if (transform !== null && (typeof transform !== 'string' || transformProblem(transform) !== undefined))
    throw refuse('"transform" is none');
  const imagePx = imageSize ?? undefined;
  const partOf = (name: PartName): DatasetPart => {
    const split = isObject(splits) ? splits[name] : undefined;
    if (!isObject(split) || !isCount(split['count'])) throw refuse(`its part ${name} has no count`);
    const fileOf = (field: string): string => {
      const file = split[field];
      // A dataset may not lead to files elsewhere.
      if (typeof file !== 'string' || !/^\w[\w.-]*$/.test(file))
        throw refuse(`its part ${name} names no file of its folder as its ${field}`);
      return join(folder, file);
    };
    return {
      count: split['count'],
      feedback: fileOf('feedback'),
      images: imagePx === undefined ? undefined : fileOf('images'),
    };
  };
  return {
    ...{ folder, imagePx },
    transform: transform === null ? undefined : (transform as LabelTransform),
    parts: { train: partOf('train'), validation: partOf('validation'), test: partOf('test') },
  };
}

async function readRecord(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const path = join(folder, DATASET_FILE);
  let text: string;
  try {
    text = await readPlainText(path);
  } catch (thrown) {
    throw new BowerbirdError(
      'BB_INPUT_NOT_FOUND',
      `${folder} is no dataset of posts: its ${DATASET_FILE} cannot be read (${messageOf(thrown)}). Make one: bowerbird posts dataset POSTS --output-folder FOLDER`,
      { fields: { path }, cause: thrown },
    );
  }
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (thrown) {
    throw unusable(folder, `its ${DATASET_FILE} is no JSON`, thrown);
  }
  if (!isObject(record) || record['format'] !== 'bowerbird-posts-dataset' || record['version'] !== 1)
    throw unusable(folder, `its ${DATASET_FILE} is not that of a dataset of posts`);
  return record;
}

function unusable(folder: string, what: string, cause?: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_FORMAT',
    `The dataset ${folder} cannot be used: ${what}. Make it anew: bowerbird posts dataset POSTS --output-folder FOLDER`,
    { fields: { path: folder }, ...(cause !== undefined && { cause }) },
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
