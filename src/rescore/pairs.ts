import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { codeOf, messageOf } from '../base/errors.ts';
import { isShownName } from '../base/shown-names.ts';
import { refuseUnfinished } from '../base/swap.ts';
import { refuseReplacing } from '../storage/output-journal.ts';
import { listedUrl } from '../storage/storage.ts';
import { storageOf } from '../storage/storage-of.ts';
import { TableError, unreadable } from '../tables/errors.ts';
import { expandInputs } from '../tables/inputs.ts';
import { isElsewhere } from '../tables/remote/remote-files.ts';

/** A file of embeddings and the metadata of the same rows. */
export interface EmbeddingPair {
  readonly embeddings: string;
  /** Absent where the folder has no metadata at all. */
  readonly metadata?: string;
  /** True for a Parquet file that holds embeddings and metadata both. */
  readonly isParquet?: true;
}

/** What a look into the folders gives: the pairs in order, and what has no partner. */
export interface FoundPairs {
  readonly pairs: readonly EmbeddingPair[];
  /** One error for each file without a partner. */
  readonly partnerless: readonly TableError[];
  /** Folders in which there is no metadata/. */
  readonly withoutMetadata: readonly string[];
}

const EMBEDDINGS_FOLDER = 'img_emb';
const METADATA_FOLDER = 'metadata';

/**
 * The embeddings that a person means by `inputs`: folders as clip-retrieval writes them, and Parquet files with a column
 * of embeddings (files, folders, globs), by their paths.
 *
 * @throws TableError as `findPairs`; BB_INPUT_NOT_FOUND for an input that leads to neither; BowerbirdError
 *   BB_OUTPUT_UNFINISHED
 */
export async function findEmbeddings(inputs: readonly string[]): Promise<FoundPairs> {
  const folders: string[] = [];
  const others: string[] = [];
  for (const input of inputs) ((await isPairFolder(input)) ? folders : others).push(input);
  await refuseUnfinished(folders.filter((folder) => !isElsewhere(folder)).map(rootOf));
  for (const run of folders.filter(isElsewhere).map(rootOf))
    await refuseReplacing(await storageOf(run), listedUrl(run));
  const found = folders.length > 0 ? await findPairs(folders) : NO_PAIRS;
  if (others.length === 0) return found;
  const files = await parquetFiles(others);
  const pairs = files.map((path) => ({ embeddings: path, metadata: path, isParquet: true as const }));
  return { ...found, pairs: [...found.pairs, ...pairs] };
}

const NO_PAIRS: FoundPairs = { pairs: [], partnerless: [], withoutMetadata: [] };

async function isPairFolder(input: string): Promise<boolean> {
  const folder = below(rootOf(input), EMBEDDINGS_FOLDER);
  if (!isElsewhere(input)) return existsSync(folder);
  // A web server lists nothing, and what has an extension or a wildcard is no folder.
  if (/^https?:/i.test(input) || /[*[\]{}!()]|\.[a-z0-9]+$/i.test(input)) return false;
  return (await namesIn(folder))!.length > 0;
}

async function parquetFiles(inputs: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const input of inputs) {
    const found = await expandInputs([input]).catch((thrown: unknown) => {
      throw codeOf(thrown) === 'BB_INPUT_NOT_FOUND' ? noEmbeddings(input) : thrown;
    });
    const parquet = found.filter(({ format }) => format === 'parquet').map(({ path }) => path);
    if (parquet.length === 0) throw noEmbeddings(input);
    files.push(...parquet);
  }
  return [...new Set(files)].sort();
}

function noEmbeddings(input: string): TableError {
  const folder = isElsewhere(input) ? input : resolve(input);
  return new TableError(
    'BB_INPUT_NOT_FOUND',
    `${folder} holds no ${EMBEDDINGS_FOLDER}/*.npy and no Parquet. With --input-format embeddings, an input is a folder with ` +
      `${EMBEDDINGS_FOLDER}/${EMBEDDINGS_FOLDER}_0.npy ... and ${METADATA_FOLDER}/${METADATA_FOLDER}_0.parquet ..., as clip-retrieval writes it, ` +
      'or Parquet with a column of embeddings.',
    { fields: { path: folder } },
  );
}

/**
 * Pairs img_emb/img_emb_<n>.npy with metadata/metadata_<n>.parquet in each folder, as clip-retrieval writes them.
 * The number alone counts: its leading zeros do not, and files come in the order of their numbers.
 *
 * @throws TableError BB_INPUT_NOT_FOUND for a folder without embeddings, BB_INPUT_FORMAT for one in which two files
 *   have one number, BB_INPUT_UNREADABLE
 */
async function findPairs(inputs: readonly string[]): Promise<FoundPairs> {
  const folders = [...new Set(inputs.map(rootOf))].sort();
  const found = await Promise.all(folders.map(pairFolder));
  return {
    pairs: found.flatMap(({ pairs }) => pairs),
    partnerless: found.flatMap(({ partnerless }) => partnerless),
    withoutMetadata: found.flatMap(({ withoutMetadata }) => withoutMetadata),
  };
}

/** A person may mean the folder by the embeddings in it. */
function rootOf(input: string): string {
  const path = isElsewhere(input) ? input.replace(/\/+$/, '') : resolve(input);
  return basename(path) === EMBEDDINGS_FOLDER ? dirname(path) : path;
}

async function pairFolder(folder: string): Promise<FoundPairs> {
  const embeddings = await numberedFiles(below(folder, EMBEDDINGS_FOLDER), '.npy');
  if (!embeddings || embeddings.size === 0) {
    throw noEmbeddings(folder);
  }
  const metadata = await numberedFiles(below(folder, METADATA_FOLDER), '.parquet');
  const numbers = [...embeddings.keys()].sort(byNumber);
  if (!metadata) {
    return {
      pairs: numbers.map((number) => ({ embeddings: embeddings.get(number)! })),
      partnerless: [],
      withoutMetadata: [folder],
    };
  }
  const all = [...new Set([...numbers, ...metadata.keys()])].sort(byNumber);
  const lone = all.filter((number) => !embeddings.has(number) || !metadata.has(number));
  return {
    pairs: numbers.flatMap((number) => {
      const partner = metadata.get(number);
      return partner ? { embeddings: embeddings.get(number)!, metadata: partner } : [];
    }),
    partnerless: lone.map((number) =>
      withoutPartner(folder, embeddings.get(number), metadata.get(number), number),
    ),
    withoutMetadata: [],
  };
}

/** Files by their numbers without leading zeros; undefined where there is no such folder. */
async function numberedFiles(folder: string, extension: string): Promise<Map<string, string> | undefined> {
  const files = new Map<string, string>();
  const names = await namesIn(folder);
  for (const name of names ?? []) {
    const number = new RegExp(`(\\d+)\\${extension}$`).exec(name)?.[1]?.replace(/^0+(?=\d)/, '');
    if (number === undefined || !isShownName(name)) continue;
    const path = below(folder, name);
    const other = files.get(number);
    if (other !== undefined) {
      throw new TableError(
        'BB_INPUT_FORMAT',
        `${other} and ${path} have the same number, so it cannot be told which rows come first. Rename or remove one.`,
        { fields: { paths: [other, path] } },
      );
    }
    files.set(number, path);
  }
  if (isElsewhere(folder)) return names!.length > 0 ? files : undefined;
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? files : undefined;
}

/** The names in a folder; of one elsewhere none where there is no such folder. */
async function namesIn(folder: string): Promise<string[] | undefined> {
  if (!isElsewhere(folder)) return listFolder(folder);
  const names: string[] = [];
  const listed = listedUrl(folder);
  for await (const { url } of (await storageOf(folder)).list(`${folder}/`))
    names.push(url.slice(listed.length + 1));
  return names.filter((name) => name !== '' && !name.includes('/'));
}

function below(folder: string, name: string): string {
  return isElsewhere(folder) ? `${folder}/${name}` : join(folder, name);
}

function listFolder(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return undefined;
    throw unreadable(folder, messageOf(thrown), thrown);
  }
}

/** Numbers may have more digits than a double holds. */
function byNumber(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : Number(a > b));
}

function withoutPartner(
  folder: string,
  embeddings: string | undefined,
  metadata: string | undefined,
  number: string,
): TableError {
  const path = (embeddings ?? metadata)!;
  const missing = embeddings
    ? below(below(folder, METADATA_FOLDER), `${METADATA_FOLDER}_${number}.parquet`)
    : below(below(folder, EMBEDDINGS_FOLDER), `${EMBEDDINGS_FOLDER}_${number}.npy`);
  return new TableError(
    'BB_PAIR_MISMATCH',
    `${path} has no partner: there is no ${missing} (leading zeros do not matter).`,
    { fields: { path, missing } },
  );
}
