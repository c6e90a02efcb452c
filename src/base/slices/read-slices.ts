import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ErrorCode } from '../error-codes.ts';
import { BowerbirdError, isMissing } from '../errors.ts';
import { fileSystem } from '../file-system.ts';
import type { JsonObject } from '../json-object.ts';
import { packageVersion } from '../package.ts';
import { digestOf } from './slice-folder.ts';
import {
  isSliceRecord,
  SLICE_FILE,
  type SliceBasis,
  type SliceKind,
  type SliceRecord,
  sliceRecord,
} from './slice-record.ts';

/** A slice that was found. */
export interface FoundSlice<Content> {
  /** Its folder, absolute. */
  readonly path: string;
  readonly record: SliceRecord<Content>;
}

/** So many are named in a message. */
const MOST_NAMED = 10;

/** Whether a path is a slice, or a folder of slices. */
export function isSlicePath(path: string): boolean {
  return existsSync(join(path, SLICE_FILE));
}

/**
 * Reads all slices of one piece of work, in their order, and looks whether they are all of it, each once and undamaged.
 *
 * @param paths folders of slices, or folders that have such in them
 * @throws BowerbirdError BB_SLICES_REFUSED where one is missing or there twice, or they are of different work;
 *   BB_SLICE_CORRUPT; BB_INPUT_NOT_FOUND
 */
export async function readSlices<Content>(
  kind: SliceKind,
  paths: readonly string[],
): Promise<readonly FoundSlice<Content>[]> {
  const folders = new Set((await Promise.all(paths.map(expand))).flat());
  const found: FoundSlice<JsonObject>[] = [];
  for (const path of folders) found.push({ path, record: await readRecord(path) });
  found.sort((a, b) => a.record.index - b.record.index);
  refuseDifferent(kind, found);
  refuseIncomplete(found);
  for (const slice of found) await checkFiles(slice);
  return found as unknown as FoundSlice<Content>[];
}

/**
 * Looks whether slices are of this work.
 *
 * @throws BowerbirdError BB_SLICES_REFUSED naming what differs
 */
export function refuseOtherBasis([first]: readonly FoundSlice<unknown>[], basis: SliceBasis): void {
  const wanted = sliceRecord({ index: 0, count: 1 }, basis, {}, {});
  const difference = differenceOf(first!.record, wanted);
  if (difference === undefined) return;
  throw refused(
    `${first!.path} was made of other work than this command says: ${difference}. Repeat the command of the slices, with --merge in the place of --slice.`,
    [first!.path],
  );
}

async function expand(given: string): Promise<string[]> {
  const path = resolve(given);
  if (isSlicePath(path)) return [path];
  const names = await readdir(path).catch((thrown: unknown) => {
    if (isMissing(thrown)) return [];
    throw thrown;
  });
  const folders = names.sort().map((name) => join(path, name));
  const slices = folders.filter(isSlicePath);
  if (slices.length > 0) return slices;
  throw new BowerbirdError(
    'BB_INPUT_NOT_FOUND',
    `${path} is no slice, and no folder of slices: there is no ${SLICE_FILE} in it. Slices are made with --slice I/N.`,
    { fields: { path } },
  );
}

async function readRecord(folder: string): Promise<SliceRecord<JsonObject>> {
  const path = join(folder, SLICE_FILE);
  const text = await fileSystem().readFile(path, 'utf8');
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw corrupt(path, 'it is no JSON', cause);
  }
  if (!isSliceRecord(record)) throw corrupt(path, 'it does not describe a slice');
  return record;
}

async function checkFiles({ path, record }: FoundSlice<JsonObject>): Promise<void> {
  for (const [name, { bytes, sha256 }] of Object.entries(record.files)) {
    const file = join(path, name);
    if (!existsSync(file)) throw corrupt(file, 'it is gone');
    const found = await digestOf(file);
    if (found.bytes !== bytes || found.sha256 !== sha256)
      throw corrupt(file, 'its content is not what was written');
  }
}

function refuseDifferent(kind: SliceKind, found: readonly FoundSlice<JsonObject>[]): void {
  const first = found[0]!;
  for (const { path, record } of found) {
    if (record.kind !== kind)
      throw refused(`${path} is a slice of ${record.kind}, and slices of ${kind} are to be merged.`, [path]);
    const difference = differenceOf(first.record, record);
    if (difference === undefined) continue;
    const both = path === first.path ? path : `${first.path} and ${path}`;
    throw refused(
      `${both} cannot be merged: ${difference}. Give slices of one piece of work, all made by this version.`,
      [first.path, path],
    );
  }
}

/** What tells two slices to be of different work; undefined where nothing does. */
function differenceOf(a: SliceRecord<unknown>, b: SliceRecord<unknown>): string | undefined {
  if (a.kind !== b.kind) return `one is of ${a.kind}, one of ${b.kind}`;
  for (const { toolVersion } of [a, b])
    if (toolVersion !== packageVersion)
      return `one was made by bowerbird ${toolVersion}, and this is ${packageVersion}`;
  const names = [...new Set([...Object.keys(a.settings), ...Object.keys(b.settings)])];
  const other = names.find((name) => JSON.stringify(a.settings[name]) !== JSON.stringify(b.settings[name]));
  if (other !== undefined)
    return `${other} is ${shown(a.settings[other])} for one and ${shown(b.settings[other])} for the other`;
  if (a.inputs.count !== b.inputs.count)
    return `one was cut from ${a.inputs.count} inputs, the other from ${b.inputs.count}`;
  if (a.inputs.digest !== b.inputs.digest) return 'their inputs differ in their names, order or content';
  return undefined;
}

function shown(value: unknown): string {
  return value === undefined || value === null ? 'not given' : JSON.stringify(value);
}

function refuseIncomplete(found: readonly FoundSlice<JsonObject>[]): void {
  const { count, index: least } = found[0]!.record;
  const byIndex = new Map<number, string>();
  for (const { path, record } of found) {
    if (record.count !== count)
      throw refused(
        `${found[0]!.path} is slice ${least} of ${count}, and ${path} slice ${record.index} of ${record.count}: they are cut otherwise.`,
        [found[0]!.path, path],
      );
    const other = byIndex.get(record.index);
    if (other !== undefined)
      throw refused(
        `Slice ${record.index} of ${count} is there twice: ${other} and ${path}. Give one of them.`,
        [other, path],
      );
    byIndex.set(record.index, path);
  }
  const missing: number[] = [];
  for (let index = 0; index < count; index++) if (!byIndex.has(index)) missing.push(index);
  if (missing.length === 0) return;
  const named = `${missing.slice(0, MOST_NAMED).join(', ')}${missing.length > MOST_NAMED ? ', ...' : ''}`;
  throw refused(`${missing.length} of ${count} slices are missing: ${named}. Nothing was merged.`, [
    ...byIndex.values(),
  ]);
}

function refused(message: string, paths: readonly string[]): BowerbirdError {
  return new BowerbirdError('BB_SLICES_REFUSED', message, { fields: { paths: paths.slice(0, MOST_NAMED) } });
}

function corrupt(path: string, what: string, cause?: unknown): BowerbirdError {
  const code: ErrorCode = 'BB_SLICE_CORRUPT';
  return new BowerbirdError(code, `${path} is damaged: ${what}. Make its slice again.`, {
    cause,
    fields: { path },
  });
}
