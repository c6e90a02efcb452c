import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { codeOf } from '../base/errors.ts';
import { shardName } from '../samples/key.ts';
import { isSidecarName } from '../tables/inputs/sidecar-names.ts';

/** A kind of file of which a shard has one. */
interface ShardFile {
  readonly folder: string;
  /** What a name begins with, before the shard's number. */
  readonly prefix: string;
  readonly suffix: string;
  /** Whether other tools lay out their files the same way: what lies there is a run's where its stats name it. */
  readonly isShared: boolean;
}

/** The files that a shard may be committed with, in the order in which they are written and its stats name them. */
export const SHARD_FILES = {
  tags: { folder: 'tags', prefix: '', suffix: '.parquet', isShared: false },
  partials: { folder: 'partials', prefix: '', suffix: '.arrow', isShared: false },
  embeddings: { folder: 'img_emb', prefix: 'img_emb_', suffix: '.npy', isShared: true },
  metadata: { folder: 'metadata', prefix: 'metadata_', suffix: '.parquet', isShared: true },
  thumbnails: { folder: 'thumbnails', prefix: '', suffix: '.json', isShared: false },
  consent: { folder: 'consent', prefix: '', suffix: '.parquet', isShared: false },
  // The descriptions beside the images are made from the table.
  savedTable: { folder: 'images', prefix: '', suffix: '.parquet', isShared: true },
  savedArchive: { folder: 'images', prefix: '', suffix: '.tar', isShared: true },
  savedFolder: { folder: 'images', prefix: '', suffix: '', isShared: true },
  savedStats: { folder: 'images', prefix: '', suffix: '_stats.json', isShared: true },
} as const satisfies Readonly<Record<string, ShardFile>>;

export type ShardFileKind = keyof typeof SHARD_FILES;

/** In that order. */
export const SHARD_FILE_KINDS = Object.keys(SHARD_FILES) as readonly ShardFileKind[];

/** The commit marker of a shard, which is written after all its files. */
const STATS: ShardFile = { folder: 'stats', prefix: '', suffix: '_stats.json', isShared: false };

const ALL_SHARD_FILES: readonly ShardFile[] = [...Object.values(SHARD_FILES), STATS];

/** The folders that files of shards lie in. */
export const SHARD_FOLDERS: readonly string[] = [...new Set(ALL_SHARD_FILES.map(({ folder }) => folder))];

/** A shard's file, by its name in the run folder. */
export function shardFileName(kind: ShardFileKind | 'stats', shardId: number): string {
  const { folder, prefix, suffix } = kind === 'stats' ? STATS : SHARD_FILES[kind];
  return join(folder, `${prefix}${shardName(shardId)}${suffix}`);
}

/** Where scores for the files of the inputs lie, for whoever trains on those (docs/sidecars.md). */
export const SIDECARS_FOLDER = 'sidecars';

/** What a run writes beside its shards. */
const TOP_FILES = ['run.json', 'plan.json', 'buckets.json', 'buckets.parquet', 'what-if.json', 'report.html'];

/** Whether files of shards are called like that. */
function isCalledLike({ prefix, suffix }: ShardFile, name: string): boolean {
  const number = name.slice(prefix.length, name.length - suffix.length);
  return name === `${prefix}${number}${suffix}` && /^\d{5,}$/.test(number);
}

function isBucketMean(name: string): boolean {
  return /^(rating|raw_mean)_?\w+\.npy$/.test(name);
}

/** Whether a run in `folder` may write this file: it cannot be an input of that run. */
export function isRunFile(folder: string, path: string): boolean {
  const name = relative(folder, path);
  if (TOP_FILES.includes(name)) return true;
  const [first] = name.split(sep);
  if (first?.startsWith('.') && !first.startsWith('..')) return true;
  const [part, file] = [dirname(name), basename(name)];
  if (part === 'bucket_means') return isBucketMean(file);
  if (first === SIDECARS_FOLDER) return isSidecarName(file);
  return ALL_SHARD_FILES.some((kind) => kind.folder === part && isCalledLike(kind, file));
}

/** The files, by their names in the folder, that the run in it consists of, finished or not. */
export async function listRunFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readNames(folder)) if (TOP_FILES.includes(name)) names.push(name);
  for (const kind of ALL_SHARD_FILES) {
    if (kind.isShared) continue;
    const files = (await readNames(join(folder, kind.folder))).filter((name) => isCalledLike(kind, name));
    names.push(...files.map((name) => join(kind.folder, name)));
    if (kind === STATS)
      for (const name of files) names.push(...(await namedBy(join(folder, kind.folder, name))));
  }
  const means = (await readNames(join(folder, 'bucket_means'))).filter(isBucketMean);
  names.push(...means.map((name) => join('bucket_means', name)));
  const sidecars = (await readNames(join(folder, SIDECARS_FOLDER), { recursive: true })).filter(
    isSidecarName,
  );
  names.push(...sidecars.map((name) => join(SIDECARS_FOLDER, name)));
  return [...new Set(names)];
}

/** The files in shared folders that a stats file names. */
async function namedBy(stats: string): Promise<string[]> {
  let files: Readonly<Record<string, unknown>> = {};
  try {
    files = (JSON.parse(await readFile(stats, 'utf8')) as { files?: typeof files } | null)?.files ?? {};
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  const shared = ALL_SHARD_FILES.filter(({ isShared }) => isShared);
  const names = Object.keys(files).filter((name) =>
    shared.some((kind) => kind.folder === dirname(name) && isCalledLike(kind, basename(name))),
  );
  const runFolder = dirname(dirname(stats));
  return (await Promise.all(names.map((name) => leavesOf(runFolder, name)))).flat();
}

/** A file by its name, or what lies in a folder of that name: those of shards are called by their numbers alone. */
async function leavesOf(runFolder: string, name: string): Promise<string[]> {
  if (!/^\d+$/.test(basename(name))) return [name];
  return (await readNames(join(runFolder, name))).map((leaf) => join(name, leaf));
}

/** The names in a folder, of all that is below it where that is asked for; none where there is no such folder. */
export async function readNames(
  folder: string,
  { recursive = false }: { readonly recursive?: boolean } = {},
): Promise<string[]> {
  try {
    return await readdir(folder, { recursive });
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return [];
    throw thrown;
  }
}
