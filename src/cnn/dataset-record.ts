import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { isObject, type JsonObject } from '../base/json-object.ts';
import { readPlainText } from '../base/plain-file.ts';

export const DATASET_FILE = 'dataset.json';

/**
 * Reads the record of a dataset of posts, which `bowerbird posts dataset` has written.
 *
 * @returns the record, and the sha256 (hex) of its file
 * @throws BowerbirdError BB_INPUT_NOT_FOUND where the folder has none, BB_INPUT_FORMAT where it is something else or of another version
 */
export async function readDatasetRecord(
  folder: string,
): Promise<{ readonly record: JsonObject; readonly digest: string }> {
  const path = join(folder, DATASET_FILE);
  let text: string;
  try {
    text = await readPlainText(path);
  } catch (thrown) {
    throw new BowerbirdError(
      'BB_INPUT_NOT_FOUND',
      `${folder} is no dataset of posts: its ${DATASET_FILE} cannot be read (${messageOf(thrown)}). Make one with: bowerbird posts dataset POSTS --output-folder FOLDER`,
      { fields: { path }, cause: thrown },
    );
  }
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (thrown) {
    throw unusable(folder, `${DATASET_FILE} is no JSON`, thrown);
  }
  if (!isObject(record) || record['format'] !== 'bowerbird-posts-dataset')
    throw unusable(folder, `${DATASET_FILE} is not that of a dataset of posts`);
  if (record['version'] !== 1)
    throw unusable(folder, `its version is ${String(record['version'])}, and 1 is read`);
  return { record, digest: createHash('sha256').update(text).digest('hex') };
}

/** What is wrong with a dataset, and what to do. @param path of it */
export function unusable(path: string, problem: string, cause?: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_FORMAT',
    `The dataset ${path} cannot be used: ${problem}. Make one with: bowerbird posts dataset POSTS --output-folder FOLDER`,
    { fields: { path }, ...(cause !== undefined && { cause }) },
  );
}
