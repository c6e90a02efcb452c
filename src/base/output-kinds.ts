import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { BowerbirdError, codeOf } from './errors.ts';

/** What a folder that a command has written is. */
export type OutputKind =
  | 'a run'
  | 'a merge of runs'
  | 'a subset'
  | 'a dataset'
  | 'a store'
  | 'a table of posts'
  | 'a collection'
  | 'a watch'
  | 'a slice';

/**
 * The names of a run's files. Known here although the format is that of `runs`: no command may write into
 * another's output, whichever room it calls. `test/runs` holds those of a run to the format.
 */
const RUN_PARTS =
  /^((run|plan|merged|buckets|what-if)\.json|buckets\.parquet|report\.html|(tags|partials|thumbnails|stats|bucket_means|img_emb|metadata|consent|images)\/.*)$/;

/** Each kind by the file that makes it one, and the names of what belongs to it. */
const KINDS: readonly { readonly kind: OutputKind; readonly marker: string; readonly parts: RegExp }[] = [
  { kind: 'a run', marker: 'run.json', parts: RUN_PARTS },
  { kind: 'a merge of runs', marker: 'merged.json', parts: RUN_PARTS },
  { kind: 'a subset', marker: 'subset.json', parts: /^(subset\.json|([^/]+\/)?part-\d+-.*\.parquet)$/ },
  {
    kind: 'a dataset',
    marker: 'dataset.json',
    parts:
      /^(dataset\.(json|parquet)|(train|validation|test)-(images\.npy|labels\.npy|labels\.jsonl|ids\.txt))$/,
  },
  {
    kind: 'a collection',
    marker: 'collection.json',
    parts: /^((collection|pause)\.json|known\.bin|(shards|updates)\/\d{6,}\.parquet)$/,
  },
  {
    kind: 'a slice',
    marker: 'slice.json',
    parts: /^(slice\.json|(scores|groups|chosen)\.parquet|records\.bin)$/,
  },
  { kind: 'a watch', marker: 'watch.json', parts: /^(watch\.json|queue\.jsonl|(feed|runs|review)\/.*)$/ },
  // A store holds nothing else: a build refuses to touch a folder that does.
  { kind: 'a store', marker: 'CURRENT', parts: /^/ },
  {
    kind: 'a table of posts',
    marker: 'posts.json',
    parts: /^(posts\.json|(posts|history|users|index)\/.*)$/,
  },
];

/** What a command has written to a folder; undefined for any other folder. */
export function outputKindOf(folder: string): OutputKind | undefined {
  return kindOf(folder)?.kind;
}

/** Whether a command writes such a file to a folder of this kind. @param name its path from the folder */
export function isPartOfKind(kind: OutputKind, name: string): boolean {
  return KINDS.some((each) => each.kind === kind && each.parts.test(name));
}

/** The subsets that a folder holds, by their names; none where it holds anything else that is seen. */
export function subsetsIn(folder: string): string[] {
  const names = namesIn(folder).filter((name) => !name.startsWith('.'));
  const paths = names.sort().map((name) => join(folder, name));
  return paths.every((path) => existsSync(join(path, 'subset.json'))) ? paths : [];
}

function kindOf(folder: string): (typeof KINDS)[number] | undefined {
  return KINDS.find(
    ({ kind, marker }) => existsSync(join(folder, marker)) && (kind !== 'a store' || hasVersions(folder)),
  );
}

/** Databases of others have a CURRENT too. */
function hasVersions(folder: string): boolean {
  return namesIn(folder).some((name) => /^v\d{4,}$/.test(name));
}

/** None where there is no folder, or none that may be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if (codeOf(thrown) === undefined) throw thrown;
    return [];
  }
}

/**
 * Refuses a folder that another command has written, as the place of files that are no part of it: they would be taken for
 * some of it, and go where it is replaced or removed.
 *
 * @param what what was to be written there: `a head`
 * @param flag that names the place, for advice: `--output-folder`
 * @throws BowerbirdError BB_OUTPUT_FOLDER
 */
export function refuseOutputOfOthers(given: string, what: string, flag: string): void {
  const path = withoutLinks(given);
  const kind = outputKindOf(path);
  if (kind === undefined) return;
  throw new BowerbirdError(
    'BB_OUTPUT_FOLDER',
    `${path} is ${kind}, and ${what} was to be written there. Choose another ${flag}.`,
    { fields: { path } },
  );
}

/**
 * Refuses a file that is, or would be, a part of what another command has written: that could no longer be read, gone on
 * with or replaced.
 *
 * @throws BowerbirdError BB_OUTPUT_EXISTS
 */
export function refusePartOfOutput(given: string): void {
  const path = join(withoutLinks(dirname(resolve(given))), basename(given));
  for (const around of [dirname(path), dirname(dirname(path))]) {
    const found = kindOf(around);
    if (!found?.parts.test(relative(around, path))) continue;
    throw new BowerbirdError(
      'BB_OUTPUT_EXISTS',
      `${path} would be a part of ${around}, which is ${found.kind}: it is not written there. Choose another output.`,
      { fields: { path, folder: around } },
    );
  }
}

/**
 * Refuses a file below a folder that a command has written, at any depth up to the folder above `top`.
 *
 * @param top the highest folder that the command would make or fill
 * @param own a folder below which every file is the command's to write
 * @throws BowerbirdError BB_OUTPUT_EXISTS
 */
export function refuseInsideOutput(given: string, top: string, own: string): void {
  const highest = dirname(withoutLinks(top));
  const allowed = withoutLinks(own);
  const path = withoutLinks(given);
  for (let around = dirname(path); ; around = dirname(around)) {
    if (around === allowed) return;
    const kind = outputKindOf(around);
    if (kind) {
      throw new BowerbirdError(
        'BB_OUTPUT_EXISTS',
        `${path} would lie in ${around}, which is ${kind}: it is not written there. Choose another output.`,
        { fields: { path, folder: around } },
      );
    }
    if (around === highest || dirname(around) === around) return;
  }
}

/** The path with the links of its folders followed, as far as it is there. */
function withoutLinks(given: string): string {
  const path = resolve(given);
  if (existsSync(path)) return realpathSync(path);
  return dirname(path) === path ? path : join(withoutLinks(dirname(path)), basename(path));
}
