import { join } from 'node:path';
import type { BowerbirdError } from '../base/errors.ts';
import { isObject } from '../base/json-object.ts';
import { readDatasetRecord, unusable } from '../cnn/dataset-record.ts';
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

/** The rows of a dataset, with the column `user`. */
export const DATASET_ROWS = 'dataset.parquet';

/**
 * Reads the record of a dataset of posts.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND where the folder has none, BB_INPUT_FORMAT where it is something else or damaged
 */
export async function readDataset(folder: string): Promise<PostsDataset> {
  const { record } = await readDatasetRecord(folder);
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

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
