import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { isEmptyPlace, OutputPlace } from '../base/output-place.ts';
import { DATASET_FILE, type DatasetRecord, ROWS_FILE } from './record.ts';
import { SPLITS } from './split.ts';

const FLAG = '--output-folder';

/**
 * Takes the folder that a dataset is written to, and looks whether it may be.
 *
 * @throws BowerbirdError BB_OUTPUT_EXISTS where a dataset lies there and is not to be replaced, BB_OUTPUT_FOLDER where anything else does; as `OutputPlace.take`
 */
export async function takePlace(
  folder: string,
  overwrite: boolean,
  onWait: (message: string) => void,
): Promise<OutputPlace> {
  const place = await OutputPlace.take(folder, { flag: FLAG, kind: 'a dataset', onWait });
  try {
    refuseTaken(place.path, overwrite);
    await place.clear();
    return place;
  } catch (thrown) {
    await place.release();
    throw thrown;
  }
}

function refuseTaken(path: string, overwrite: boolean): void {
  if (isEmptyPlace(path)) return;
  const fields = { fields: { path } };
  if (!existsSync(join(path, DATASET_FILE)))
    throw new BowerbirdError(
      'BB_OUTPUT_FOLDER',
      `${path} holds other files, and a dataset is not written among them. Name another ${FLAG}.`,
      fields,
    );
  if (overwrite) return;
  throw new BowerbirdError(
    'BB_OUTPUT_EXISTS',
    `${path} holds a dataset already. Give --incremental-mode overwrite to replace it, or another ${FLAG}.`,
    fields,
  );
}

/** Publishes what lies in the place, in the stead of the dataset that was there. @throws as `OutputPlace.publish` */
export async function publish(place: OutputPlace): Promise<void> {
  await place.publish(earlierFiles(place.path), DATASET_FILE);
}

/** The files of the dataset that is there, as its record names them; of one whose record is damaged, those that every dataset has. */
function earlierFiles(folder: string): string[] {
  const path = join(folder, DATASET_FILE);
  if (!existsSync(path)) return [];
  const usual = SPLITS.flatMap((split) =>
    ['images.npy', 'labels.npy', 'ids.txt', 'labels.jsonl'].map((name) => `${split}-${name}`),
  );
  try {
    const { splits } = JSON.parse(readFileSync(path, 'utf8')) as DatasetRecord;
    const named = SPLITS.flatMap((split) => Object.keys(splits[split].sha256));
    return [ROWS_FILE, ...named.filter((name) => usual.includes(name))];
  } catch {
    return [ROWS_FILE, ...usual];
  }
}
