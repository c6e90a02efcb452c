import { join } from 'node:path';
import type { BowerbirdError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { thresholdNote } from '../samples/label.ts';
import { provenanceNotes } from '../samples/provenance/mixing.ts';
import { columnOf } from '../tables/columns.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import { TableError } from '../tables/errors.ts';
import type { FoundColumns } from '../tables/parts.ts';
import { describeParts, type PlayedPart } from '../tables/played-parts.ts';
import { textNote } from '../tables/readable.ts';
import { fetchRows } from '../tables/remote/fetch-rows.ts';
import { requireRoomFor } from '../tables/remote/remote-files.ts';
import { accountFor, type DedupCounts, rowsWithoutTag } from './account.ts';
import type { SubsetDatabase } from './database.ts';
import {
  type CheckedFile,
  checkFiles,
  type FoundInputs,
  footersOf,
  openFiles,
  type SkippedFile,
  type TagTable,
  tagTables,
  uniteFiles,
} from './inputs.ts';
import type { Judgement } from './judge.ts';
import { KeptRows } from './kept-rows.ts';
import type { SubsetOptions } from './options.ts';
import { type OutputFolder, SUBSET_FILE } from './output-folder.ts';
import { asJudged, metadataParts, planSubset, type SubsetPlan } from './plan.ts';
import { aestheticLabel, subsetScores } from './provenance.ts';
import { seenColumns } from './seen-columns.ts';
import type { SourceFile } from './source.ts';
import { rowsOf, type SubsetCounts, type SubsetPart, type SubsetSummary, summarise } from './summary.ts';
import { checkWhere } from './where.ts';
import { voteOnWidthHeight, widthHeightWarning } from './width-height.ts';
import { writeInOrder } from './write-in-order.ts';
import { writeRows } from './write-rows.ts';

/** Called with a file that cannot be taken: throws, or notes it and lets the rest go on. */
export type OnBadFile = (role: SkippedFile['role'], path: string, error: BowerbirdError) => void;

/** What planning works with. */
export interface PlanTools {
  /** Where text inputs are kept as Parquet. */
  readonly stagingFolder: string;
  readonly onBad: OnBadFile;
  /** Told in a line, often, how far the fetching or unpacking of a file is. */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Ends the fetching of files elsewhere. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks at the inputs, the columns and `--where`; of Parquet nothing but footers is read, and hashes and scores that are
 * kept as text. Of files elsewhere what is read later is fetched: metadata whole, of tags the hashes and scores.
 */
export async function preparePlan(
  connection: DuckDBConnection,
  found: FoundInputs,
  options: SubsetOptions,
  { stagingFolder, onBad, onProgress, signal }: PlanTools,
): Promise<SubsetPlan> {
  const badMetadata = onBad.bind(null, 'metadata');
  const badTags = onBad.bind(null, 'tags');
  await requireRoomFor(found.metadata, 'What is read of the metadata');
  const footers = await footersOf(connection, found);
  const staging = { stagingFolder, text: options.text ?? {}, onProgress, signal, footers };
  const opened = await openFiles(connection, found.metadata, staging, badMetadata);
  const tagStaging = { ...staging, isReadByRanges: true };
  const openedTags = await openFiles(connection, found.tags, tagStaging, badTags);
  if (opened.length === 0) throw noFile('metadata');
  const { tables, tagParts } = await checkTagTables(connection, openedTags, badTags, signal);
  if (found.tags.length > 0 && tables.length === 0) throw noFile('tags');
  const parts = metadataParts(opened, tables, options);
  const checked = await checkFiles(connection, opened, { ...parts, isTable: false }, badMetadata);
  const files = checked.map(({ file }) => file);
  const metadata = asJudged(uniteFiles(files, parts.columns, badMetadata), tables, options);
  if (metadata.files.length === 0) throw noFile('metadata');
  const plan = planSubset(metadata, tables, found.fromRuns, options);
  const complete = requireColumns(plan, badMetadata);
  if (complete.metadata.files.length === 0) throw noFile('metadata');
  if (options.where !== undefined)
    await checkWhere(connection, options.where, seenColumns(complete.metadata));
  const provenance = subsetScores(complete, options.isMixAllowed === true);
  return {
    ...complete,
    provenance,
    parts: { metadata: metadataPartsOf(checked, parts, plan), tags: tagParts },
  };
}

interface CheckedTables {
  readonly tables: readonly TagTable[];
  /** What the columns of each are used for. */
  readonly tagParts: readonly (readonly PlayedPart[])[];
}

async function checkTagTables(
  connection: DuckDBConnection,
  opened: readonly SourceFile[],
  onBad: (path: string, error: BowerbirdError) => void,
  signal: AbortSignal | undefined,
): Promise<CheckedTables> {
  const tables: TagTable[] = [];
  const tagParts: (readonly PlayedPart[])[] = [];
  for (const table of tagTables(opened, onBad)) {
    const checked = await checkFiles(connection, table.files, { ...table, isTable: true }, onBad);
    if (checked.length === 0) continue;
    const columns = [table.hash, ...Object.values(table.scores)];
    for (const { file } of checked) await fetchRows(connection, file.readPath, { columns, signal });
    tables.push({ ...table, files: checked.map(({ file }) => file) });
    tagParts.push(partsOf(checked, { columns: table.columns, empty: {} }));
  }
  return { tables, tagParts };
}

function partsOf(checked: readonly CheckedFile[], found: FoundColumns): readonly PlayedPart[] {
  return describeParts(
    checked.map(({ file }) => file),
    found,
    checked.map(({ missing }) => missing),
  );
}

/** Here hashes are computed only where they are needed and no column has them: a row whose hash is null has none. */
function metadataPartsOf(
  checked: readonly CheckedFile[],
  found: FoundColumns,
  { texts }: Pick<SubsetPlan, 'texts'>,
): readonly PlayedPart[] {
  const computed = texts ? [texts.url, texts.caption].filter((name) => name !== undefined) : null;
  return partsOf(checked, found).map((part) =>
    part.part === 'hash' ? { ...part, computed_from: computed } : part,
  );
}

function noFile(role: string): TableError {
  return new TableError('BB_INPUT_UNREADABLE', `No file of the ${role} can be read.`);
}

/** Each file must have the columns that rows are known by; any other column may be missing, and is null then. */
function requireColumns<Plan extends Omit<SubsetPlan, 'parts' | 'provenance'>>(
  plan: Plan,
  onBad: (path: string, error: BowerbirdError) => void,
): Plan {
  const needed = [plan.url, plan.hash, plan.status].filter((name) => name !== undefined);
  const files = plan.metadata.files.filter((file) => {
    const lacking = needed.find((name) => !columnOf(file.columns, name));
    if (lacking === undefined) return true;
    const columns = file.columns.map((column) => column.name);
    onBad(
      file.path,
      new TableError(
        'BB_COLUMN_MISSING',
        `${file.path} has no column "${lacking}", which other files have. It has: ${columns.join(', ')}.`,
        { fields: { path: file.path, columns } },
      ),
    );
    return false;
  });
  return { ...plan, metadata: { ...plan.metadata, files } };
}

/** Where a subset goes, and who is told. */
export interface SubsetTarget {
  readonly output: OutputFolder;
  readonly skippedFiles: readonly SkippedFile[];
  readonly onWarning: (warning: string) => void;
  /** Finds the rows that are chosen: in `kept`, or, where that is not given, as the table `chosen`. */
  readonly judge: (
    database: SubsetDatabase,
    plan: SubsetPlan,
    kept: KeptRows | undefined,
  ) => Promise<Judgement>;
}

/** Makes the subsets in the output's staging folder, subset.json included; nothing is published. */
export async function makeSubset(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
  target: SubsetTarget,
): Promise<SubsetSummary> {
  const warnings: string[] = [];
  for await (const warning of warningsOn(database, plan, options)) {
    warnings.push(warning);
    target.onWarning(warning);
  }
  // Rows that are shuffled, compared, or come from slices are looked up by their places.
  const { dedup, slices, shuffleSeed } = options;
  if (dedup || slices || shuffleSeed !== undefined)
    return judgeAndWrite(database, plan, options, { ...target, warnings, kept: undefined });
  const kept = new KeptRows(join(database.spillFolder, 'kept'), plan);
  try {
    return await judgeAndWrite(database, plan, options, { ...target, warnings, kept });
  } finally {
    kept.remove();
  }
}

/** What is known before rows are judged. */
interface Begun extends SubsetTarget {
  readonly warnings: readonly string[];
  readonly kept: KeptRows | undefined;
}

async function judgeAndWrite(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
  { output, skippedFiles, judge, warnings, kept: rows }: Begun,
): Promise<SubsetSummary> {
  const judgement = await judge(database, plan, rows);
  const judged = {
    rows: rowsOf(plan.metadata.files),
    ...judgement,
    dedup: await withoutNearRows(database, plan, options),
  };
  const accounts = options.selections.map((_, selection) => accountFor(judged, selection, options));
  const folders = options.selections.map(({ name }) => (options.selections.length === 1 ? '.' : name));
  const wanted = accounts.map(({ kept }, i) => ({ kept, folder: join(output.filesFolder, folders[i]!) }));
  const files = rows
    ? await writeInOrder(database, plan, options, { wanted, kept: rows })
    : await writeRows(database, plan, options, wanted);
  const parts = accounts.map((account, i): SubsetPart => {
    const { name, ...selection } = options.selections[i]!;
    return { name, folder: folders[i]!, selection, ...account, files: files[i]! };
  });
  const counts: SubsetCounts = {
    metadataDuplicates: judgement.metadataDuplicates,
    tagDuplicates: judgement.tagDuplicates,
    rowsWithoutTag: plan.tables.map((_, i) => rowsWithoutTag(judgement.codes, i)),
  };
  const summary = summarise(plan, options, { counts, parts, skippedFiles, warnings });
  await writeFileAtomic(join(output.filesFolder, SUBSET_FILE), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

async function withoutNearRows(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
): Promise<readonly DedupCounts[] | undefined> {
  const { dedup } = options;
  if (!dedup) return undefined;
  const { dropDuplicates } = await import('./dedup.ts');
  return dropDuplicates(database, plan, { ...options, dedup });
}

/** What a person should know of the inputs, in a line each. */
async function* warningsOn(
  database: SubsetDatabase,
  plan: SubsetPlan,
  { swapWidthHeight, selections }: SubsetOptions,
): AsyncGenerator<string> {
  const label = aestheticLabel(plan);
  for (const { lower } of label ? selections : [])
    if (lower !== undefined) yield thresholdNote('aesthetic', lower, label!);
  for (const file of [plan.metadata, ...plan.tables].flatMap(({ files }) => files)) {
    const note = textNote(file);
    if (note !== undefined) yield note;
  }
  if (plan.texts) {
    const columns = [plan.texts.url, plan.texts.caption].filter((name) => name !== undefined);
    yield `The metadata have no column of hashes: they are computed from ${columns.join(' and ')}.`;
  }
  yield* provenanceNotes(plan.provenance);
  const votes = await voteOnWidthHeight(database, plan);
  const paths = plan.metadata.files.map((file) => file.path);
  const warning = widthHeightWarning(votes, paths, swapWidthHeight);
  if (warning !== undefined) yield warning;
}
