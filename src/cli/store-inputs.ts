import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isInSlice, type SliceOf } from '../base/slices/slice.ts';
import type { ScoreSide } from '../samples/provenance/mixing.ts';
import { columnOrigins } from '../samples/provenance/provenance.ts';
import type { ScoreRows } from '../samples/score-rows.ts';
import type { Tag, TagName } from '../samples/tags.ts';
import { readSidecar, sidecarPath } from '../store/kv-sidecar.ts';
import {
  checkStaticKv,
  type KvInput,
  kvValueFormat,
  parseKvFormat,
  readStaticKv,
} from '../store/static-kv.ts';
import { inferFormat, refuseIdleDialect, sizeOf } from '../tables/formats.ts';
import { readScoreRows, type ScoreRowOptions } from '../tables/score-rows.ts';
import { type FlagValues, usageError } from './flags.ts';

/** How rows are read, and which of them. */
export interface StoreRowOptions extends ScoreRowOptions {
  /** Of the files, only those of a slice; all where not given. */
  readonly slice?: SliceOf | undefined;
  /** Told of all files, and of the places of those that are read, in the order in which they are. */
  readonly onAllInputs?: (inputs: readonly InputSize[], taken: readonly number[]) => void;
}

/**
 * The rows of all inputs of a build: run folders, Parquet, CSV and TSV as `readScoreRows` has them; with
 * `--kv-format`, files whose name shows no other format are static-ondisk-kv.
 *
 * @throws BowerbirdError BB_USAGE at once; when read, what `readScoreRows` and `readStaticKv` throw
 */
export function readStoreInputs(
  paths: readonly string[],
  columns: readonly Tag[],
  values: FlagValues,
  options: StoreRowOptions,
): AsyncGenerator<ScoreRows> {
  const isKv = (path: string): boolean =>
    options.untoldFormat === undefined && isFile(path) && inferFormat(path) === undefined;
  const kvPaths = paths.filter(isKv);
  const kvFiles = kvInputs(kvPaths, values);
  const others = paths.filter((path) => !isKv(path));
  if (others.length === 0) refuseIdleDialect([], options.text ?? {});
  return readAll(kvFiles, others, columns, options);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function kvInputs(paths: readonly string[], values: FlagValues): KvInput[] {
  const stated: StatedKv = {
    format: values['kv-format'] as string | undefined,
    columns: values['kv-columns'] as string[] | undefined,
  };
  if (paths.length === 0 && (stated.format !== undefined || stated.columns !== undefined))
    throw usageError('--kv-format and --kv-columns are for static-ondisk-kv files; --from names none.');
  return [...new Set(paths.map((path) => resolve(path)))].map((path) => kvInput(path, stated));
}

/** What the flags say of the files. */
interface StatedKv {
  readonly format: string | undefined;
  readonly columns: readonly TagName[] | undefined;
}

/** A file by what lies beside it, else by what is stated; the two may not contradict each other. */
function kvInput(path: string, stated: StatedKv): KvInput {
  const sidecar = readSidecar(path);
  if (!sidecar) return statedInput(path, stated);
  const { format, columns, records, sha256 } = sidecar;
  const valueFormat = kvValueFormat(format);
  refuseContradiction(path, '--kv-format', stated.format, `q+${valueFormat}`);
  refuseContradiction(path, '--kv-columns', stated.columns?.join(), columns.join());
  return { path, format, columns, expected: { records, sha256 } };
}

function refuseContradiction(path: string, flag: string, stated: string | undefined, found: string): void {
  if (stated === undefined || stated === found) return;
  throw usageError(
    `${flag} says ${stated}, but ${sidecarPath(path)} says ${found}. Leave ${flag} out, or correct it.`,
  );
}

function statedInput(path: string, { format: given, columns }: StatedKv): KvInput {
  if (given === undefined) {
    throw usageError(
      `The name of ${path} shows no format. Is it a static-ondisk-kv file? Then say how its records look, and which ` +
        "scores they hold, in their order: --kv-format q+ee --kv-columns pwatermark,punsafe (as in LAION's file). " +
        'Is it a table? Then say which: --input-format csv.',
    );
  }
  const format = parseKvFormat(given);
  if (!format) {
    throw usageError(
      `--kv-format needs the key format q, a plus, and a value format of as many e or f as there are scores: q+ee; not ${given}.`,
    );
  }
  if (!columns || columns.length !== format.columnCount || new Set(columns).size < columns.length) {
    throw usageError(
      `--kv-columns needs a name for each of the ${format.columnCount} scores of ${given}, in their order` +
        `${columns ? `, each once; not ${columns.join(',')}` : "; in LAION's file they are pwatermark,punsafe"}. ` +
        `${path} does not say it itself, and there is no ${sidecarPath(path)}, which \`store export\` writes.`,
    );
  }
  return { path, format, columns };
}

/** A static-ondisk-kv file has no place in which to say where its scores come from. */
function unstatedSide(path: string, columns: readonly Tag[]): ScoreSide {
  return { path, scores: Object.fromEntries(columns.map((column) => [column, columnOrigins(column, {})])) };
}

async function* readAll(
  allKvFiles: readonly KvInput[],
  others: readonly string[],
  columns: readonly Tag[],
  options: StoreRowOptions,
): AsyncGenerator<ScoreRows> {
  const { slice } = options;
  const isTaken = (place: number): boolean => slice === undefined || isInSlice(place, slice);
  // Their places come before those of tables, of which it is not known yet how many there are.
  const kvFiles = allKvFiles.filter((_, i) => isTaken(i));
  for (const file of kvFiles) await checkStaticKv(file, columns);
  const kvSides = kvFiles.map(({ path }) => unstatedSide(path, columns));
  const onSides = (sides: readonly ScoreSide[]): void => options.onSides?.([...sides, ...kvSides]);
  const tell = (tables: readonly InputSize[]): void => tellInputs(tables, allKvFiles, isTaken, options);
  // Looks at all its files before it reads one, so a wrong input is told at once.
  if (others.length > 0)
    yield* readScoreRows(others, columns, {
      ...options,
      onSides,
      onInputs: (inputs) => tell(inputs.map((input) => [input.path, sizeOf(input)])),
      isTaken: (place) => isTaken(allKvFiles.length + place),
    });
  else {
    tell([]);
    onSides([]);
  }
  for (const file of kvFiles) yield* readStaticKv(file, columns, options.onSource);
}

/** A file by what it is known by before it is opened. */
type InputSize = readonly [path: string, sizeBytes: number];

/** Tells of all files in the order in which a build of all reads them: tables, then static-ondisk-kv. */
function tellInputs(
  tables: readonly InputSize[],
  kvFiles: readonly KvInput[],
  isTaken: (place: number) => boolean,
  { onAllInputs }: StoreRowOptions,
): void {
  const places = [
    ...tables.map((_, i) => ({ place: i, dealt: kvFiles.length + i })),
    ...kvFiles.map((_, i) => ({ place: tables.length + i, dealt: i })),
  ];
  onAllInputs?.(
    [...tables, ...kvFiles.map(({ path }): InputSize => [path, statSync(path).size])],
    places.filter(({ dealt }) => isTaken(dealt)).map(({ place }) => place),
  );
}
