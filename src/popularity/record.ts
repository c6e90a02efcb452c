import type { Choice } from './choose.ts';
import { type Leak, leakOf } from './leak.ts';
import type { Fates, LeftOutReason } from './left-out.ts';
import type { Material } from './material.ts';
import type { DatasetOptions } from './options.ts';
import { SPLITS, type Split } from './split.ts';
import type { WrittenFile } from './tensors.ts';

/** The file that makes a folder a dataset. */
export const DATASET_FILE = 'dataset.json';
export const ROWS_FILE = 'dataset.parquet';

/** A split in the record of a dataset; files by their names in its folder. */
export interface SplitRecord {
  readonly count: number;
  readonly users: number;
  /** uint8 (count, size, size, 3), RGB. */
  readonly images?: string;
  /** float32 (count). */
  readonly labels: string;
  /** An id on each line. */
  readonly ids: string;
  /** A feedback file of likes. */
  readonly feedback: string;
  /** sha256 by the files' names. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** What `dataset.json` says ([dataset.schema.json](../../schemas/dataset.schema.json)). The same table, flags and seed give the same. */
export interface DatasetRecord {
  readonly format: 'bowerbird-posts-dataset';
  readonly version: 1;
  readonly imageSize: number | null;
  readonly channels: 3;
  /** How images became tensors. */
  readonly resize: string | null;
  readonly splits: Readonly<Record<Split, SplitRecord>>;
  readonly rows: string;
  readonly question: string;
  /** The labels are likes divided in this way. */
  readonly standardise: DatasetOptions['standardise'];
  /** What is to be learned of the labels; they are written without it. Null: the labels themselves. */
  readonly transform: string | null;
  readonly split_by: DatasetOptions['splitBy'];
  readonly posts_per_user: number | null;
  readonly seed: number;
  readonly filters: Readonly<Record<string, number | string | boolean | readonly string[]>>;
  /** Posts of the table, those that were taken, and those that were left out, by reason; the sum of both is the first. */
  readonly books: {
    readonly posts: number;
    readonly taken: number;
    readonly left_out: Readonly<Partial<Record<LeftOutReason, number>>>;
  };
  readonly labels: {
    readonly least: number;
    readonly mean: number;
    readonly most: number;
    readonly leak: { readonly eta_squared: number | null; readonly by_chance: number | null };
  };
  readonly source_digest: string;
}

/** What was written of a split. */
export interface SplitFiles {
  readonly images?: WrittenFile | undefined;
  readonly labels: WrittenFile;
  readonly ids: WrittenFile;
  readonly feedback: WrittenFile;
}

/** What a record is made of. */
export interface Made {
  readonly options: DatasetOptions;
  readonly material: Material;
  readonly fates: Fates;
  readonly choice: Choice;
  readonly files: Readonly<Record<Split, SplitFiles>>;
}

const RESIZE =
  "the short side to imageSize by Pillow's bicubic filter (antialiased), the long one in proportion, rounded down; then the middle square (torchvision's Resize and CenterCrop); orientation tags are not followed";

export function datasetRecord({ options, material, fates, choice, files }: Made): DatasetRecord {
  const { images, transform, splitBy, seed, question } = options;
  const taken = SPLITS.reduce((sum, split) => sum + choice.rows[split].length, 0);
  return {
    ...{ format: 'bowerbird-posts-dataset', version: 1 },
    ...{ imageSize: images?.sizePx ?? null, channels: 3, resize: images ? RESIZE : null },
    splits: {
      train: splitRecord('train', { material, choice, files }),
      validation: splitRecord('validation', { material, choice, files }),
      test: splitRecord('test', { material, choice, files }),
    },
    rows: ROWS_FILE,
    question,
    standardise: options.standardise,
    transform: transform ?? null,
    split_by: splitBy,
    posts_per_user: choice.postsPerUser ?? null,
    seed,
    filters: filtersOf(options),
    books: { posts: material.count, taken, left_out: fates.books() },
    labels: labelsOf(material, choice),
    source_digest: material.digest,
  };
}

function splitRecord(
  split: Split,
  { material, choice, files }: Pick<Made, 'material' | 'choice' | 'files'>,
): SplitRecord {
  const rows = choice.rows[split];
  const { images, labels, ids, feedback } = files[split];
  const all = [...(images ? [images] : []), labels, ids, feedback];
  return {
    count: rows.length,
    users: new Set(rows.map((row) => material.columns.users[row])).size,
    ...(images && { images: images.name }),
    ...{ labels: labels.name, ids: ids.name, feedback: feedback.name },
    sha256: Object.fromEntries(all.map(({ name, sha256 }) => [name, sha256])),
  };
}

function filtersOf({
  likesFrom,
  likesTo,
  minAgeDays,
  gate,
  images,
  takesRepeated,
}: DatasetOptions): DatasetRecord['filters'] {
  return {
    ...(likesFrom !== undefined && { likes_from: likesFrom }),
    ...(likesTo !== undefined && { likes_to: likesTo }),
    ...(minAgeDays !== undefined && { min_age_days: minAgeDays }),
    ...(gate && { gate: `${gate.path}:${gate.column}` }),
    ...(gate?.from !== undefined && { gate_from: gate.from }),
    ...(gate?.below !== undefined && { gate_below: gate.below }),
    ...(images && { min_side_px: images.minSidePx }),
    ...(images && images.picturesFrom.length > 0 && { pictures_from: images.picturesFrom }),
    repeated: takesRepeated,
  };
}

function labelsOf(material: Material, { rows, values }: Choice): DatasetRecord['labels'] {
  const taken = new Float64Array(values.length).fill(Number.NaN);
  let [count, sum, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const split of SPLITS) {
    for (const row of rows[split]) {
      const value = values[row]!;
      taken[row] = value;
      count++;
      sum += value;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  const { etaSquared, byChance }: Leak = leakOf(taken, material.columns.users, material.userNames.length);
  return { least, mean: sum / count, most, leak: { eta_squared: etaSquared, by_chance: byChance } };
}
