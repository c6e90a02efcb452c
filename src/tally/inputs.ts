import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { refuseUnfinished } from '../base/swap.ts';
import { type InputFormat, refuseIdleDialect, sizeOf, type TextReading } from '../tables/formats.ts';
import { globBraced } from '../tables/inputs/braces.ts';
import { expandInputs } from '../tables/inputs.ts';
import { isElsewhere } from '../tables/remote/remote-files.ts';
import { shardsOfRun, tagsOf } from '../tables/run-tags.ts';
import { TallyError } from './errors.ts';

/** A file of rows. */
export interface TallyFile {
  /** Absolute. */
  readonly path: string;
  readonly format: InputFormat;
  readonly sizeBytes: number;
}

/** A run folder among the inputs. */
export interface TallyRun {
  readonly path: string;
  /** As run.json has it; what is finished may be less. */
  readonly shards: number;
  readonly finishedShards: number;
}

/** What the inputs stand for, each file and store once. */
export interface TallyInputs {
  readonly files: readonly TallyFile[];
  readonly stores: readonly string[];
  readonly runs: readonly TallyRun[];
  /** What a person should know of them, in a line each: which files were passed over. */
  readonly notes: readonly string[];
}

/**
 * Files, folders and globs as everywhere; a folder with run.json stands for the tags of its finished shards, one
 * with CURRENT is a store. A file that several inputs lead to is taken once.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_RUN_CORRUPT, BB_OUTPUT_UNFINISHED, BB_USAGE
 */
export async function resolveInputs(
  paths: readonly string[],
  { text = {}, untoldFormat }: TextReading = {},
): Promise<TallyInputs> {
  const files = new Map<string, TallyFile>();
  const stores = new Set<string>();
  const runs = new Map<string, TallyRun>();
  const notes: string[] = [];
  for (const path of await expandFolders(paths)) {
    if (isElsewhere(path)) {
      const onNote = (note: string): unknown => notes.push(note);
      const tags = await tagsOf(path);
      const run = tags === path ? undefined : await shardsOfRun(path);
      if (run) runs.set(path, { path, shards: run.shards, finishedShards: run.done });
      for (const file of await expandInputs([tags], { untoldFormat, onNote }))
        files.set(file.path, { path: file.path, format: file.format, sizeBytes: sizeOf(file) });
      continue;
    }
    if (existsSync(join(path, 'CURRENT'))) {
      stores.add(realpathSync(path));
      continue;
    }
    await refuseUnfinished([path]);
    if (existsSync(join(path, 'merged.json'))) {
      throw new TallyError(
        'BB_USAGE',
        `${path} is a merge of runs and holds no rows: ask it with --stored, or give its runs.`,
        { fields: { path } },
      );
    }
    const run = existsSync(join(path, 'run.json')) ? readRun(realpathSync(path)) : undefined;
    if (run) runs.set(run.path, run.summary);
    const found = run
      ? run.tags.map((file) => ({ path: file, format: 'parquet' as const }))
      : await expandInputs([path], { untoldFormat, onNote: (note) => notes.push(note) });
    for (const file of found) {
      const real = realpathSync(file.path);
      // Two ways to one file count once; the folders of the first may be partitions.
      if (!files.has(real))
        files.set(real, { path: file.path, format: file.format, sizeBytes: sizeOf({ path: real }) });
    }
  }
  refuseIdleDialect([...files.values()], text);
  const byPath = (a: string, b: string): number => (a < b ? -1 : 1);
  return {
    files: [...files.values()].sort((a, b) => byPath(a.path, b.path)),
    stores: [...stores].sort(byPath),
    runs: [...runs.values()].sort((a, b) => byPath(a.path, b.path)),
    notes,
  };
}

/** A pattern may mean folders too: `runs/*` is all run folders in it. Whatever is none stays as it was given. */
export async function expandFolders(paths: readonly string[]): Promise<string[]> {
  const expanded: string[] = [];
  for (const path of paths) {
    const folders =
      existsSync(path) || isElsewhere(path)
        ? []
        : await globBraced(path, { onlyDirectories: true, expandDirectories: false });
    const known = folders.filter((folder) =>
      ['run.json', 'merged.json', 'CURRENT'].some((name) => existsSync(join(folder, name))),
    );
    expanded.push(...(known.length > 0 ? known : [path]));
  }
  return expanded;
}

interface FoundRun {
  readonly path: string;
  readonly tags: readonly string[];
  readonly summary: TallyRun;
}

/** The tags of a run's finished shards: one without its stats may still be written anew. */
function readRun(path: string): FoundRun {
  let shards: number;
  try {
    shards = (JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')) as { shards: number }).shards;
    if (!Number.isInteger(shards)) throw new Error('it does not say how many shards there are');
  } catch (cause) {
    throw new TallyError(
      'BB_RUN_CORRUPT',
      `${join(path, 'run.json')} is not the run.json of a bowerbird run.`,
      {
        cause,
        fields: { path },
      },
    );
  }
  const finished = listNames(join(path, 'stats'), '_stats.json');
  const tags = finished.map((name) => resolve(path, 'tags', `${name}.parquet`));
  const gone = tags.find((file) => !existsSync(file));
  if (gone) {
    throw new TallyError(
      'BB_RUN_CORRUPT',
      `${gone} is gone, though its shard is marked as finished. Run \`bowerbird score\` on ${path} again: it will be redone.`,
      { fields: { path: gone } },
    );
  }
  return { path, tags, summary: { path, shards, finishedShards: finished.length } };
}

function listNames(folder: string, suffix: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(suffix) && !name.startsWith('.'));
  return names.map((name) => basename(name, suffix)).sort();
}
