import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { codeOf } from '../base/errors.ts';

/** What a run writes beside its shards. */
const TOP_FILES = ['run.json', 'buckets.json', 'buckets.parquet', 'what-if.json', 'report.html'];

/** Folders whose files nobody else names like that. */
const OWN_FILES: Readonly<Record<string, RegExp>> = {
  tags: /^\d{5,}\.parquet$/,
  partials: /^\d{5,}\.arrow$/,
  thumbnails: /^\d{5,}\.json$/,
  stats: /^\d{5,}_stats\.json$/,
  bucket_means: /^(rating|raw_mean)_?\w+\.npy$/,
};

/** Folders that other tools lay out the same way: what lies there is a run's where its stats name it. */
const SHARED_FILES: Readonly<Record<string, RegExp>> = {
  img_emb: /^img_emb_\d{5,}\.npy$/,
  metadata: /^metadata_\d{5,}\.parquet$/,
};

/** Whether a run in `folder` may write this file: it cannot be an input of that run. */
export function isRunFile(folder: string, path: string): boolean {
  const name = relative(folder, path);
  if (TOP_FILES.includes(name)) return true;
  const [first] = name.split(sep);
  if (first?.startsWith('.') && !first.startsWith('..')) return true;
  const patterns = { ...OWN_FILES, ...SHARED_FILES };
  return patterns[dirname(name)]?.test(basename(name)) === true;
}

/** The files, by their names in the folder, that the run in it consists of, finished or not. */
export async function listRunFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readNames(folder)) if (TOP_FILES.includes(name)) names.push(name);
  for (const [part, pattern] of Object.entries(OWN_FILES)) {
    const files = (await readNames(join(folder, part))).filter((name) => pattern.test(name));
    names.push(...files.map((name) => join(part, name)));
    if (part === 'stats') for (const name of files) names.push(...(await namedBy(join(folder, part, name))));
  }
  return [...new Set(names)];
}

/** The embeddings and metadata that a stats file names. */
async function namedBy(stats: string): Promise<string[]> {
  let files: Readonly<Record<string, unknown>> = {};
  try {
    files = (JSON.parse(await readFile(stats, 'utf8')) as { files?: typeof files } | null)?.files ?? {};
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  return Object.keys(files).filter((name) => SHARED_FILES[dirname(name)]?.test(basename(name)));
}

/** The names in a folder; none where there is no such folder. */
export async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return [];
    throw thrown;
  }
}
