import { type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { refuseUnfinished } from '../base/swap.ts';
import { isRemote } from '../storage/storage.ts';
import { type FoundInput, inferFormat } from './formats.ts';
import { eachOnce, unreadOf } from './inputs/each-once.ts';
import { listedPaths } from './inputs/listed-paths.ts';
import { OutputKinds, outputNotes, outputsAround } from './inputs/nested-outputs.ts';
import { notesOn, notFound, onlyOwn, onlyStore, ownNote, unknownFormat } from './inputs/notes.ts';
import { type OwnOutput, withoutOwnOutput } from './inputs/own-output.ts';
import { expandRemote, refuseInputsAlike } from './inputs/remote.ts';
import { type FormatSearch, formatOf, inputsAmong, listedFormat } from './inputs/table-files.ts';

/** How inputs are looked for. */
export interface ExpandOptions extends FormatSearch {
  /** What the command writes: left out where it lies among the inputs. */
  readonly output?: OwnOutput | undefined;
  /** Told in a line each: which files were passed over, and which were found twice. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * The files that a person means by `inputs`: files as they are, folders with all below them, globs and braces; URLs likewise (`expandRemote`).
 * Sorted by path (code units). A file that several paths, links or hard links lead to is read once, under the path without links or else the first.
 * In folders and globs, files and folders are passed over that `isShownName` says, unless a pattern means such (`shownBelow`), as are files of unknown extension,
 * `.json` beside other formats (it is mostly a description of them), and sidecars beside their files; with `inputFormat` or `untoldFormat`, every file counts but
 * those of unknown extension that start with `_` (markers of Spark and Hadoop).
 *
 * @throws TableError BB_INPUT_NOT_FOUND for an input that leads to no file, BB_INPUT_FORMAT for a named file whose
 *   extension says nothing, BB_OUTPUT_FOLDER where an input is only what the command writes; BowerbirdError
 *   BB_OUTPUT_UNFINISHED where they lie in an output that is partly old and partly new, BB_USAGE for URLs of which the same is shown
 */
export async function expandInputs(
  inputs: readonly string[],
  options: ExpandOptions = {},
): Promise<FoundInput[]> {
  refuseInputsAlike(inputs);
  const found = new Map<string, FoundInput>();
  const passedOver = new Set<string>();
  const own = new Set<string>();
  const inStores = new Set<string>();
  for (const input of inputs) {
    const expanded = await expandOne(input, options);
    for (const file of expanded.files) found.set(file.path, file);
    for (const path of expanded.passedOver) passedOver.add(path);
    for (const path of expanded.own) own.add(path);
    for (const path of expanded.inStores) inStores.add(path);
  }
  const sorted = [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const { files, linked, known } = eachOnce(sorted);
  await refuseUnfinished(files.flatMap(({ path }) => outputsAround(path)));
  if (options.onNote) {
    if (own.size > 0) options.onNote(ownNote(own.size, options.output!));
    for (const note of outputNotes(
      files.map(({ path }) => path),
      inputs,
      inStores,
    ))
      options.onNote(note);
    for (const note of notesOn(files, linked, unreadOf(passedOver, found, known))) options.onNote(note);
  }
  return files;
}

interface Expanded {
  readonly files: readonly FoundInput[];
  /** What lies beside them and is no input. */
  readonly passedOver: readonly string[];
  /** Files of formats that are read, which the command itself writes. */
  readonly own: readonly string[];
  /** Files of stores and slices: they hold no rows that could be read as they are. */
  readonly inStores: readonly string[];
}

async function expandOne(input: string, options: ExpandOptions): Promise<Expanded> {
  const { output } = options;
  if (isRemote(input)) return expandRemote(input, options);
  const stats = statOf(input);
  if (stats && !stats.isDirectory()) {
    const named = [namedFile(input, options)];
    return { files: withoutOwnOutput(input, named, true, output), passedOver: [], own: [], inStores: [] };
  }
  if (stats) await refuseUnfinished([input, dirname(resolve(input))]);
  const all = (await listedPaths(input, stats !== undefined)).map((path) => ({ path }));
  const foreign = withoutOwnOutput(input, all, false, output).map(({ path }) => path);
  const others = new Set(foreign);
  const kinds = new OutputKinds();
  const isInStore = (path: string): boolean => {
    const kind = kinds.around(path)?.kind;
    return kind === 'a store' || (kind === 'a slice' && kinds.isPart(path));
  };
  const inStores = foreign.filter(isInStore);
  const listed = foreign.filter((path) => !isInStore(path));
  const own = all.flatMap(({ path }) => (others.has(path) || !inferFormat(path) ? [] : [path]));
  const files = listed.flatMap((path) => listedFile(path, options));
  const chosen = inputsAmong(files, stats ? undefined : input);
  if (chosen.length === 0 && inStores.length > 0) throw onlyStore(input);
  if (chosen.length === 0) throw own.length > 0 ? onlyOwn(input, output!) : notFound(input, stats, listed);
  const taken = new Set(chosen.map(({ path }) => path));
  const passedOver = listed.filter((path) => !taken.has(path) && !kinds.isPart(path));
  return { files: chosen, passedOver, own, inStores };
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // Links in a circle too.
    return undefined;
  }
}

function namedFile(path: string, options: ExpandOptions): FoundInput {
  const format = formatOf(path, options);
  if (format) return { path: resolve(path), format };
  throw unknownFormat(path);
}

function listedFile(path: string, options: ExpandOptions): FoundInput[] {
  const format = listedFormat(path, options);
  return format ? [{ path, format }] : [];
}
