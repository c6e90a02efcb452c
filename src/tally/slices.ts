import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FoundSlice, readSlices } from '../base/slices/read-slices.ts';
import { isInSlice, type SliceOf } from '../base/slices/slice.ts';
import { SliceFolder } from '../base/slices/slice-folder.ts';
import type { SliceBasis } from '../base/slices/slice-record.ts';
import { groupSides } from '../tables/provenance.ts';
import { type CountOptions, type CountResult, resolveCounted, resultOf, withCount } from './count.ts';
import { TallyDatabase, type TallyLimits } from './database.ts';
import type { GroupOrder, Groups } from './group-types.ts';
import { GroupTable } from './groups.ts';
import type { TallyFile, TallyInputs } from './inputs.ts';
import type { Looked, LookedFile, PlacedSide } from './looked.ts';
import { type Quantile, QuantileSearch, type Share } from './quantiles.ts';
import { readScoreCounts, ScoreCounts } from './score-counts.ts';
import { HighDigits } from './score-digits.ts';
import { type StoredTally, Tally } from './tally.ts';

const SCORES = 'scores.parquet';
const GROUPS = 'groups.parquet';

/** A file with its place among all of the work. */
type Placed<File> = File & { readonly place: number };

/** What a slice keeps beside its files. */
interface TallySlice {
  /** As they were typed. */
  readonly given: readonly string[];
  readonly by: string | null;
  readonly isMixAllowed: boolean;
  /** Of all slices. */
  readonly stores: TallyInputs['stores'];
  readonly runs: TallyInputs['runs'];
  readonly notes: readonly string[];
  /** Of this one. */
  readonly files: readonly Placed<TallyFile>[];
  readonly tally: StoredTally;
  readonly looked: readonly Placed<LookedFile>[];
  readonly skippedAtFirst: readonly Placed<Looked['skipped'][number]>[];
  readonly skippedLater: readonly Placed<Looked['skipped'][number]>[];
  readonly sides: readonly Placed<PlacedSide>[];
  readonly storeSides: Looked['storeSides'];
  readonly hasUrls: boolean;
  readonly distinctScores: number;
}

/** What a slice counted. */
export interface SlicedCount {
  readonly files: number;
  readonly stores: number;
  readonly rows: number;
  readonly folder: string;
}

/**
 * Counts one slice of the files and stores, every N-th of them, and keeps all that the result of all slices is made of: sums,
 * each score with how often it comes, and the sums of every group.
 *
 * @throws as `countScoresOf` and `SliceFolder`
 */
export async function countSlice(
  options: CountOptions,
  slice: SliceOf,
  outputFolder: string,
): Promise<SlicedCount> {
  const all = await resolveCounted(options);
  const files = all.files
    .map((file, place) => ({ ...file, place }))
    .filter(({ place }) => isInSlice(place, slice));
  const stores = all.stores.filter((_, i) => isInSlice(all.files.length + i, slice));
  const folder = await SliceFolder.take(outputFolder, '--output-folder');
  try {
    return await withCount(options, { ...all, files, stores }, async (count) => {
      const looked = await count.look();
      await count.groups?.write(join(folder.files, GROUPS));
      const counts = await ScoreCounts.create(count.database);
      await count.addScoresTo(counts);
      const distinctScores = await counts.write(join(folder.files, SCORES));
      await folder.publish(slice, basisOf(options, all), {
        ...contentOf(options, { all, files, looked }),
        distinctScores,
      });
      return { files: files.length, stores: stores.length, rows: looked.tally.rows, folder: folder.path };
    });
  } finally {
    await folder.close();
  }
}

/** Stores are known by what they point to, files by their sizes: each of those is read by one slice alone. */
function basisOf(
  { by, urlColumn, text, untoldFormat, skipBadFiles, isMixAllowed }: CountOptions,
  { files, stores }: TallyInputs,
): SliceBasis {
  return {
    kind: 'buckets',
    inputs: [
      ...files.map(({ path, sizeBytes }) => [path, sizeBytes]),
      ...stores.map((path) => [path, readFileSync(join(path, 'CURRENT'), 'utf8')]),
    ],
    settings: {
      '--by': by ?? null,
      '--url-col': urlColumn ?? null,
      '--input-format': untoldFormat ?? null,
      'the reading of texts': text ?? {},
      '--skip-bad-files': skipBadFiles,
      '--mixed-provenance': isMixAllowed === true,
    },
  };
}

function contentOf(
  { inputs: given, by, isMixAllowed = false }: CountOptions,
  {
    all,
    files,
    looked,
  }: { readonly all: TallyInputs; readonly files: readonly Placed<TallyFile>[]; readonly looked: Looked },
): Omit<TallySlice, 'distinctScores'> {
  const { tally, skipped, skippedAtFirst, sides, storeSides, hasUrls } = looked;
  const places = new Map(files.map(({ path, place }) => [path, place]));
  const placed = <File extends { readonly path: string }>(list: readonly File[]): Placed<File>[] =>
    list.map((file) => ({ ...file, place: places.get(file.path)! }));
  return {
    given,
    by: by ?? null,
    isMixAllowed,
    stores: all.stores,
    runs: all.runs,
    notes: all.notes,
    files,
    tally: tally.toJSON(),
    looked: placed(looked.files),
    skippedAtFirst: placed(skipped.slice(0, skippedAtFirst)),
    skippedLater: placed(skipped.slice(skippedAtFirst)),
    sides: sides.map((side) => ({ ...side, place: places.get(side.firstFile)! })),
    storeSides,
    hasUrls,
  };
}

/** What is asked of all slices together. */
export interface MergeCountOptions extends TallyLimits {
  readonly shares: readonly Share[];
  readonly top: number;
  readonly order: GroupOrder;
  readonly signal: AbortSignal;
}

/** The result of all slices, and of what. */
export interface MergedCount extends CountResult {
  /** The inputs as they were typed. */
  readonly given: readonly string[];
  readonly by: string | undefined;
}

/**
 * Puts the slices of a count together: the result is that of one count of all inputs.
 *
 * @param paths folders of slices, or folders that have such in them
 * @throws BowerbirdError as `readSlices`, and BB_PROVENANCE_MIXED; the signal's reason
 */
export async function mergeCounts(
  paths: readonly string[],
  options: MergeCountOptions,
): Promise<MergedCount> {
  const slices = await readSlices<TallySlice>('buckets', paths);
  const contents = slices.map(({ record }) => record.content);
  const { given, by, isMixAllowed, stores, runs, notes } = contents[0]!;
  const inputs = { files: inOrder(contents, 'files'), stores, runs, notes };
  const database = await TallyDatabase.open(options, options.signal);
  try {
    const quantiles = await findQuantiles(database, slices, options.shares);
    const groups = by === null ? undefined : await mergeGroups(database, slices, options);
    const result = resultOf(inputs, lookedAt(slices), { quantiles, groups, isMixAllowed });
    return { ...result, given, by: by ?? undefined };
  } finally {
    await database.close();
  }
}

function lookedAt(slices: readonly FoundSlice<TallySlice>[]): Looked {
  const contents = slices.map(({ record }) => record.content);
  const { stores } = contents[0]!;
  const tally = new Tally();
  for (const { path, record } of slices) tally.merge(Tally.fromJSON(record.content.tally, path));
  const skippedAtFirst = inOrder(contents, 'skippedAtFirst');
  const sides = inOrder(contents, 'sides');
  const firstFiles = new Map([...sides].reverse().map(({ path, firstFile }) => [path, firstFile]));
  return {
    tally,
    files: inOrder(contents, 'looked'),
    skipped: [...skippedAtFirst, ...inOrder(contents, 'skippedLater')],
    skippedAtFirst: skippedAtFirst.length,
    sides: groupSides(sides).map((side) => ({ ...side, firstFile: firstFiles.get(side.path)! })),
    storeSides: contents
      .flatMap(({ storeSides }) => storeSides)
      .sort((a, b) => stores.indexOf(a.path) - stores.indexOf(b.path)),
    hasUrls: contents.every(({ hasUrls }) => hasUrls),
  };
}

type PlacedList = 'files' | 'looked' | 'skippedAtFirst' | 'skippedLater' | 'sides';

/** The lists of all slices as one, as one count would have it. */
function inOrder<List extends PlacedList>(
  contents: readonly TallySlice[],
  list: List,
): Omit<TallySlice[List][number], 'place'>[] {
  const all: Placed<object>[] = contents.flatMap((content) => [...content[list]]);
  return all.sort((a, b) => a.place - b.place).map(({ place: _, ...file }) => file) as Omit<
    TallySlice[List][number],
    'place'
  >[];
}

async function findQuantiles(
  database: TallyDatabase,
  slices: readonly FoundSlice<TallySlice>[],
  shares: readonly Share[],
): Promise<Quantile[]> {
  const read = async function* (): ReturnType<typeof readScoreCounts> {
    for (const { path, record } of slices)
      yield* readScoreCounts(database, join(path, SCORES), record.content.distinctScores);
  };
  const digits = new HighDigits();
  for await (const { scores, counts } of read()) digits.addCounted(scores, counts);
  const search = new QuantileSearch(digits, shares);
  if (!search.isNeeded) return [];
  for await (const { scores, counts } of read()) search.addCounted(scores, counts);
  return search.find();
}

async function mergeGroups(
  database: TallyDatabase,
  slices: readonly FoundSlice<TallySlice>[],
  { order, top }: MergeCountOptions,
): Promise<Groups> {
  const groups = await GroupTable.create(database);
  await groups.addFiles(slices.map(({ path }) => join(path, GROUPS)));
  return groups.top(order, top);
}
