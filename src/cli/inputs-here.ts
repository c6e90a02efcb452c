import { codeOf } from '../base/errors.ts';
import { isRemote, shownUrl } from '../storage/storage.ts';
import { usageError } from './flags.ts';

type Note = (note: string) => void;

/** What of a run or a folder of clip-retrieval is read with its embeddings: rows, what made them, and the pictures that pages show. */
const EMBEDDING_FILES =
  /^(run\.json|img_emb\/[^/]+\.npy|metadata\/[^/]+\.parquet|(stats|tags|thumbnails)\/[^/]+)$/;
const RUN_SCORES = /^(run\.json|(stats|tags|thumbnails)\/[^/]+)$/;
/** A table by its name; a folder has none of these ends. */
const TABLE = /\.(parquet|csv|tsv|jsonl|json|txt|arrow|feather)(\.\w+)?$/i;

/** Makes of a list of inputs, of which some may be URLs, paths to read. */
type Copying = (given: string, onNote: Note) => Promise<readonly string[]>;

/**
 * Paths of stored embeddings, which may lie elsewhere: of a folder of `img_emb/` what is read of it is copied into temporary space, of Parquet the files. Their
 * order is that of their URLs, as it is for paths.
 *
 * @throws TableError as `findEmbeddings`; BowerbirdError BB_OUTPUT_UNFINISHED, BB_DISK_FULL, BB_TEMPORARY_FOLDER; BB_STORAGE_*
 */
export function embeddingsHere(given: readonly string[], onNote: Note): Promise<string[]> {
  return here(given, copyEmbeddings, onNote);
}

/** Signs of patterns, in which a URL of a file mostly has none. */
const PATTERN = /[*{}[\]]/;

/**
 * Paths of files that are read as they are: answers, queues. Each is named by itself, as those of this machine are.
 *
 * @throws as `embeddingsHere`; StorageError BB_STORAGE_NOT_FOUND; BowerbirdError BB_USAGE for a pattern
 */
export function filesHere(given: readonly string[], onNote: Note): Promise<string[]> {
  const copy: Copying = (url) =>
    copyFiles([url], onNote).catch((thrown: unknown) => {
      throw codeOf(thrown) === 'BB_STORAGE_NOT_FOUND' && PATTERN.test(url) ? noPattern(url) : thrown;
    });
  return here(given, copy, onNote);
}

function noPattern(url: string): Error {
  return usageError(
    `${shownUrl(url)} looks like a pattern, and nothing has that very name: files of answers and queues are named one by one, with commas between them.`,
  );
}

/** The path of a table, a folder of tables or a run whose scores are read. @throws as `filesHere` */
export async function tableHere(given: string, onNote: Note): Promise<string> {
  const [path] = await here([given], copyTable, onNote);
  return path!;
}

/** The path of a head. @throws as `localCopy` */
export async function headHere(given: string, onNote: Note): Promise<string> {
  if (!isRemote(given)) return given;
  const { localCopy } = await import('../storage/local-copy.ts');
  return localCopy(given, onNote);
}

/** Copies in the order of the URLs, so that what is sorted by paths comes in it; gives the paths in the order that they were given in. */
async function here(given: readonly string[], copy: Copying, onNote: Note): Promise<string[]> {
  const copies = new Map<string, readonly string[]>();
  for (const url of [...new Set(given.filter(isRemote))].sort()) copies.set(url, await copy(url, onNote));
  return given.flatMap((input) => copies.get(input) ?? [input]);
}

async function copyEmbeddings(given: string, onNote: Note): Promise<readonly string[]> {
  const { findEmbeddings } = await import('../rescore/pairs.ts');
  const { pairs } = await findEmbeddings([given]);
  const files = pairs.filter(({ isParquet }) => isParquet).map(({ embeddings }) => embeddings);
  if (files.length > 0) return copyFiles(files, onNote);
  return [await copyFolder(given.replace(/\/+$/, '').replace(/\/img_emb$/, ''), EMBEDDING_FILES, onNote)];
}

async function copyTable(given: string, onNote: Note): Promise<readonly string[]> {
  if (TABLE.test(given)) return copyFiles([given], onNote);
  return [await copyFolder(given, RUN_SCORES, onNote, TABLE)];
}

/** @param ofOthers the names of files where there is no run */
async function copyFolder(url: string, names: RegExp, onNote: Note, ofOthers = names): Promise<string> {
  const { FolderCopy } = await import('../storage/folder-copy.ts');
  const copy = await FolderCopy.open(url);
  const wanted = copy.has('run.json') ? names : ofOthers;
  await copy.fetch((name) => wanted.test(name), onNote);
  return copy.path;
}

async function copyFiles(urls: readonly string[], onNote: Note): Promise<readonly string[]> {
  const copying = await import('../storage/file-copies.ts');
  return copying.copyFiles(urls, onNote);
}
