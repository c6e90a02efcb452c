import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { isObject, type JsonObject } from '../base/json-object.ts';
import { NPY_HEADER_MAX_BYTES, readNpyHeader } from '../base/npy.ts';
import { requirePlainFile } from '../base/plain-file.ts';
import type { TrainProgress } from '../learn/options.ts';
import { type LabelTransform, largestCountOf, transformCount, transformProblem } from '../samples/label.ts';
import { FileSource } from '../weights/byte-source.ts';
import { DATASET_FILE, readDatasetRecord, unusable } from './dataset-record.ts';
import { CHANNELS } from './shape.ts';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type SplitName = (typeof SPLITS)[number];

const CHUNK_BYTES = 1 << 20;

/** Pictures of one size in a .npy file: uint8 [count, side, side, 3], RGB. */
export interface ImageSource {
  readonly count: number;
  readonly sidePx: number;
  /** The pixels of neighbouring pictures. @throws RangeError where the file ends before them */
  read(from: number, count: number): Uint8Array;
  close(): void;
}

/** A part of a dataset. */
export interface DatasetSplit {
  readonly count: number;
  readonly imagesPath: string;
  /** float64: likes, standardised as the dataset says. */
  readonly labels: Float64Array;
  /** float64: what is learned of them. */
  readonly targets: Float64Array;
  /** The posts' ids. */
  readonly ids: readonly string[];
  /** Whose each post is; undefined where the dataset does not say. */
  readonly users: readonly string[] | undefined;
}

/** What `posts dataset` has written. */
export interface Dataset {
  readonly folder: string;
  readonly imagePx: number;
  /** What likes were divided by: `max`, `followers` or `none`. */
  readonly standardise: string;
  readonly transform: LabelTransform | undefined;
  readonly question: string;
  /** sha256 of its record, which states those of its files. */
  readonly digest: string;
  readonly splits: Readonly<Record<SplitName, DatasetSplit>>;
}

/**
 * Reads a dataset's record, labels and names, and holds its files against the digests that the record states.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT saying what is wrong with which file, BB_INPUT_EMPTY where a split that is needed has no post; the
 *   signal's reason
 */
export async function openDataset(
  folder: string,
  progress?: Pick<TrainProgress, 'signal' | 'advance'>,
): Promise<Dataset> {
  const { record, digest } = await readDatasetRecord(folder);
  const size = record['imageSize'];
  if (size === null) throw unusable(folder, 'it was made without image tensors');
  if (!isCount(size)) throw unusable(folder, '"imageSize" is no number of pixels');
  const transform = transformOf(folder, record['transform']);
  const splits = record['splits'];
  if (!isObject(splits)) throw unusable(folder, '"splits" is missing');
  const open = (name: SplitName): Promise<DatasetSplit> =>
    openSplit({ folder, name, size, transform, record: splits[name], progress });
  const dataset = {
    ...{ folder, imagePx: size, transform, digest },
    standardise: String(record['standardise'] ?? 'none'),
    question: typeof record['question'] === 'string' ? record['question'] : 'popularity',
    splits: { train: await open('train'), validation: await open('validation'), test: await open('test') },
  };
  for (const name of ['train', 'validation'] as const)
    if (dataset.splits[name].count === 0)
      throw new BowerbirdError(
        'BB_INPUT_EMPTY',
        `The split ${name} of the dataset ${folder} has no post. A network is trained on train, and the epoch that is kept is chosen by validation.`,
        { fields: { path: folder, split: name } },
      );
  return dataset;
}

function transformOf(folder: string, stated: unknown): LabelTransform | undefined {
  if (stated === null || stated === undefined || stated === 'none') return undefined;
  const problem = typeof stated === 'string' ? transformProblem(stated) : 'it is no text';
  if (problem !== undefined) throw unusable(folder, `of its "transform", ${problem}`);
  return stated as LabelTransform;
}

interface SplitRequest {
  readonly folder: string;
  readonly name: SplitName;
  readonly size: number;
  readonly transform: LabelTransform | undefined;
  readonly record: unknown;
  readonly progress: Pick<TrainProgress, 'signal' | 'advance'> | undefined;
}

async function openSplit({
  folder,
  name,
  size,
  transform,
  record,
  progress,
}: SplitRequest): Promise<DatasetSplit> {
  if (!isObject(record) || !Number.isInteger(record['count']) || (record['count'] as number) < 0)
    throw unusable(folder, `its split ${name} has no count`);
  const count = record['count'] as number;
  const fileOf = (field: string, otherwise: string): string => {
    const stated = record[field] ?? otherwise;
    // A dataset may not lead to files elsewhere.
    if (typeof stated !== 'string' || !/^[\w.-]+$/.test(stated) || stated.startsWith('.'))
      throw unusable(folder, `its split ${name} names no file of its folder as its ${field}`);
    return join(folder, stated);
  };
  const imagesPath = fileOf('images', `${name}-images.npy`);
  const labelsPath = fileOf('labels', `${name}-labels.npy`);
  await checkDigests(folder, record['sha256'], { paths: [imagesPath, labelsPath], progress });
  openImages(imagesPath, count, size).close();
  const labels = readLabels(folder, labelsPath, count);
  const targets = transform === undefined ? labels : labels.map((label) => transformCount(transform, label));
  const wrong = targets.findIndex(
    (target, i) =>
      !Number.isFinite(target) ||
      (transform !== undefined && (labels[i]! < 0 || labels[i]! > largestCountOf(transform))),
  );
  if (wrong >= 0)
    throw unusable(
      folder,
      `${labelsPath} has the label ${labels[wrong]} in row ${wrong}, from which nothing can be learned`,
    );
  const names = readNames(record, count, fileOf);
  return {
    ...{ count, imagesPath, labels, targets },
    ...names,
    ids: names.ids ?? Array.from(labels, (_, i) => `${name} ${i}`),
  };
}

async function checkDigests(
  folder: string,
  stated: unknown,
  { paths, progress }: { readonly paths: readonly string[] } & Pick<SplitRequest, 'progress'>,
): Promise<void> {
  if (!isObject(stated)) return;
  for (const path of paths) {
    const wanted = stated[basename(path)];
    if (wanted === undefined) continue;
    const found = await digestOf(path, progress).catch((thrown: unknown) => {
      if (progress?.signal?.aborted && thrown === progress.signal.reason) throw thrown;
      throw unusable(folder, `${path} cannot be read: ${messageOf(thrown)}`, thrown);
    });
    if (found !== wanted)
      throw unusable(folder, `${path} is not the file whose digest ${DATASET_FILE} states`);
  }
}

/** sha256 in hex. @throws Error where it is no regular file; the file system's error; the signal's reason */
async function digestOf(path: string, progress: SplitRequest['progress']): Promise<string> {
  requirePlainFile(path);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    progress?.signal?.throwIfAborted();
    hash.update(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
    progress?.advance(`reading ${basename(path)}`, Math.floor(bytes / 1e6), undefined, 'MB');
  }
  return hash.digest('hex');
}

/** @throws BowerbirdError BB_INPUT_FORMAT where it is not so many pictures of this size */
export function openImages(path: string, count: number, sidePx: number): ImageSource {
  const { source, dataOffset } = openNpy(path, '|u1', [count, sidePx, sidePx, CHANNELS], 1);
  const bytesEach = CHANNELS * sidePx ** 2;
  return {
    ...{ count, sidePx },
    read: (from, pictures) => source.read(dataOffset + from * bytesEach, pictures * bytesEach),
    close: () => source.close(),
  };
}

function openNpy(
  path: string,
  descr: string,
  shape: readonly number[],
  bytesEach: number,
): { source: FileSource; dataOffset: number } {
  let source: FileSource | undefined;
  try {
    source = new FileSource(path);
    const header = readNpyHeader(source.read(0, Math.min(NPY_HEADER_MAX_BYTES, source.sizeBytes)));
    const { dataOffset } = header;
    const values = shape.reduce((product, side) => product * side, 1);
    if (header.descr !== descr || header.fortranOrder || header.shape.join() !== shape.join())
      throw new RangeError(
        `it holds ${header.descr} [${header.shape.join(', ')}], and ${descr} [${shape.join(', ')}] is needed`,
      );
    if (source.sizeBytes !== dataOffset + values * bytesEach) throw new RangeError('it is cut, or too long');
    return { source, dataOffset };
  } catch (thrown) {
    source?.close();
    throw unusable(path, messageOf(thrown), thrown);
  }
}

function readLabels(folder: string, path: string, count: number): Float64Array {
  const { source, dataOffset } = openNpy(path, '<f4', [count], 4);
  try {
    const bytes = source.read(dataOffset, 4 * count);
    const labels = Float64Array.from({ length: count }, (_, i) => bytes.readFloatLE(4 * i));
    const wrong = labels.findIndex((label) => !Number.isFinite(label));
    if (wrong >= 0) throw unusable(folder, `${path} has no number in row ${wrong}`);
    return labels;
  } finally {
    source.close();
  }
}

/** Ids, and users by the raters of the feedback file; what is not there, or has another number of lines, is not known. */
function readNames(
  record: JsonObject,
  count: number,
  fileOf: (field: string, otherwise: string) => string,
): { ids: readonly string[] | undefined; users: readonly string[] | undefined } {
  const lines = (field: string): string[] | undefined => {
    if (record[field] === undefined) return undefined;
    try {
      const path = fileOf(field, '');
      requirePlainFile(path);
      const found = readFileSync(path, 'utf8').replace(/\n$/, '').split('\n');
      return found.length === count ? found : undefined;
    } catch {
      return undefined;
    }
  };
  const users = lines('feedback')?.map(raterOf);
  return {
    ids: lines('ids'),
    users: users?.every((user) => user !== undefined) ? (users as string[]) : undefined,
  };
}

function raterOf(line: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(line);
    return isObject(answer) && typeof answer['rater'] === 'string' ? answer['rater'] : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}
