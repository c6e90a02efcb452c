import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { BowerbirdError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { columnOf } from '../shards/columns.ts';
import { ShardError } from '../shards/errors.ts';
import { accountFor, type CodeCount, keptBy, rowsWithoutTag } from './account.ts';
import type { SubsetDatabase } from './database.ts';
import { type FoundInputs, inspectFiles, type SkippedFile, tagTables, uniteFiles } from './inputs.ts';
import type { SubsetOptions } from './options.ts';
import { type OutputFolder, SUBSET_FILE } from './output-folder.ts';
import { writeParts } from './parts.ts';
import { planSubset, type SubsetPlan } from './plan.ts';
import { type SourceTable, tableSql } from './source.ts';
import {
  collectRows,
  countRepeats,
  duplicatesTable,
  judgeRows,
  listDuplicates,
  metadataRows,
  statusCondition,
} from './statements.ts';
import {
  type Duplicates,
  identityOf,
  rowsOf,
  type SubsetCounts,
  type SubsetPart,
  type SubsetSummary,
  summarise,
} from './summary.ts';
import { checkWhere } from './where.ts';
import { voteOnWidthHeight, widthHeightWarning } from './width-height.ts';

/** Called with a file that cannot be taken: throws, or notes it and lets the rest go on. */
export type OnBadFile = (role: SkippedFile['role'], path: string, error: BowerbirdError) => void;

/** Looks at the inputs, the columns and `--where`; nothing but footers is read. */
export async function preparePlan(
  connection: DuckDBConnection,
  found: FoundInputs,
  options: SubsetOptions,
  onBad: OnBadFile,
): Promise<SubsetPlan> {
  const badMetadata = onBad.bind(null, 'metadata');
  const badTags = onBad.bind(null, 'tags');
  const files = await inspectFiles(connection, found.metadata, badMetadata);
  const tagFiles = await inspectFiles(connection, found.tags, badTags);
  const metadata = uniteFiles(files, badMetadata);
  requireFiles(metadata, 'metadata');
  const tables = tagTables(tagFiles, badTags).filter((table) => table.files.length > 0);
  if (found.tags.length > 0) requireFiles(tables[0], 'tags');
  const plan = planSubset(metadata, tables, found.fromRuns, options);
  const complete = requireColumns(plan, badMetadata);
  requireFiles(complete.metadata, 'metadata');
  if (options.where !== undefined) await checkWhere(connection, options.where, plan.metadata.schema);
  return complete;
}

function requireFiles(table: SourceTable | undefined, role: string): void {
  if (table && table.files.length > 0) return;
  throw new ShardError('BB_INPUT_UNREADABLE', `No file of the ${role} can be read.`);
}

/** Each file must have the columns that rows are known by; any other column may be missing, and is null then. */
function requireColumns(plan: SubsetPlan, onBad: (path: string, error: BowerbirdError) => void): SubsetPlan {
  const needed = [plan.url, plan.hash, plan.status].filter((name) => name !== undefined);
  const files = plan.metadata.files.filter((file) => {
    const lacking = needed.find((name) => !columnOf(file.columns, name));
    if (lacking === undefined) return true;
    const columns = file.columns.map((column) => column.name);
    onBad(
      file.path,
      new ShardError(
        'BB_COLUMN_MISSING',
        `${file.path} has no column "${lacking}", which other files have. It has: ${columns.join(', ')}.`,
        { fields: { path: file.path, columns } },
      ),
    );
    return false;
  });
  return { ...plan, metadata: { ...plan.metadata, files } };
}

/** Makes the subsets in the output's staging folder, subset.json included; nothing is published. */
export async function makeSubset(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
  output: OutputFolder,
  skippedFiles: readonly SkippedFile[],
  onWarning: (warning: string) => void,
): Promise<SubsetSummary> {
  const warnings: string[] = [];
  const votes = await voteOnWidthHeight(database, plan);
  const paths = plan.metadata.files.map((file) => file.path);
  const warning = widthHeightWarning(votes, paths, options.swapWidthHeight);
  if (warning !== undefined) {
    warnings.push(warning);
    onWarning(warning);
  }
  const duplicates = await countDuplicates(database, plan, options);
  const hasDuplicates = duplicates.tagDuplicates.map(({ hashes }) => hashes > 0);
  const dropsDuplicates = options.deduplicate && duplicates.metadataDuplicates!.hashes > 0;
  // The order of rows is made by sorting, once, at the end.
  await database.rows('SET preserve_insertion_order = false');
  await database.run('joining tags', judgeRows(plan, options, hasDuplicates, dropsDuplicates));
  await database.rows('SET preserve_insertion_order = true');
  const codes = await readCodes(database);
  const accounts = await closeBooks(database, plan, options, codes);
  await loadVerdicts(database, codes, options);
  const keptCodes = codes.map(({ code }) => code).filter((code) => keptBy(code, options) !== 0);
  await database.run('collecting rows', collectRows(plan, options, hasDuplicates, keptCodes));
  await database.rows('DROP TABLE judged');
  const parts: SubsetPart[] = [];
  for (const [i, account] of accounts.entries()) {
    const { name, ...selection } = options.selections[i]!;
    const folder = accounts.length === 1 ? '.' : name;
    const files = await writeParts(
      database,
      plan,
      options,
      i,
      account.kept,
      join(output.filesFolder, folder),
      `${identityOf(plan, options)} ${JSON.stringify(options.selections[i])}`,
    );
    parts.push({ name, folder, selection, ...account, files });
  }
  const counts: SubsetCounts = {
    ...duplicates,
    rowsWithoutTag: plan.tables.map((_, i) => rowsWithoutTag(codes, i)),
  };
  const summary = summarise(plan, options, counts, parts, skippedFiles, warnings);
  await writeFileAtomic(join(output.filesFolder, SUBSET_FILE), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

async function countDuplicates(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
): Promise<Pick<SubsetCounts, 'metadataDuplicates' | 'tagDuplicates'>> {
  const { metadata, hash } = plan;
  const tagDuplicates: Duplicates[] = [];
  for (const [i, table] of plan.tables.entries()) {
    const rows = tableSql(table, [table.hash]);
    await database.run(
      'looking for duplicate tags',
      listDuplicates(duplicatesTable(i), table, table.hash, rows),
    );
    tagDuplicates.push(await readDuplicates(database, duplicatesTable(i)));
  }
  if (hash === undefined) return { metadataDuplicates: null, tagDuplicates };
  const name = duplicatesTable('metadata');
  const phase = 'looking for duplicate rows';
  const rows = tableSql(metadata, [hash]);
  const isListed = options.deduplicate;
  const statement = isListed
    ? listDuplicates(name, metadata, hash, rows)
    : countRepeats(name, metadata, hash);
  await database.run(phase, statement);
  const metadataDuplicates = await readDuplicates(database, name);
  const isFiltered = options.where !== undefined || plan.status !== undefined;
  if (isListed && isFiltered && metadataDuplicates.hashes > 0) {
    // What counts as the first row is the first of those that get so far.
    await database.rows(`DROP TABLE ${name}`);
    await database.run(phase, listDuplicates(name, metadata, hash, metadataRows(plan, options, true)));
  } else if (!isListed) {
    await database.rows(`DROP TABLE ${name}`);
  }
  return { metadataDuplicates, tagDuplicates };
}

async function readDuplicates(database: SubsetDatabase, table: string): Promise<Duplicates> {
  const [counts] = await database.rows<{ hashes: bigint; extra: bigint | null }>(
    `SELECT count(*) AS hashes, sum(n - 1)::BIGINT AS extra FROM ${table}`,
  );
  return { hashes: Number(counts!.hashes), rows: Number(counts!.extra ?? 0) };
}

async function readCodes(database: SubsetDatabase): Promise<CodeCount[]> {
  const counts = await database.rows<{ code: number; n: bigint }>(
    'SELECT code, count(*) AS n FROM judged GROUP BY code ORDER BY code',
  );
  return counts.map(({ code, n }) => ({ code, rows: Number(n) }));
}

async function closeBooks(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
  codes: readonly CodeCount[],
): Promise<ReturnType<typeof accountFor>[]> {
  const input = rowsOf(plan.metadata.files);
  const judged = codes.reduce((sum, { rows }) => sum + rows, 0);
  const status = plan.status === undefined ? 0 : input - (await countSuccess(database, plan));
  const where = input - status - judged;
  return options.selections.map((_, i) => accountFor(codes, i, options, input, { status, where }));
}

async function countSuccess(database: SubsetDatabase, { metadata, status }: SubsetPlan): Promise<number> {
  const [count] = await database.rows<{ n: bigint }>(
    `SELECT count(*) AS n FROM (${tableSql(metadata, [status!])}) WHERE ${statusCondition(status!)}`,
  );
  return Number(count!.n);
}

/** The verdict on each code is made once, by the rules in TypeScript, and joined to the rows. */
async function loadVerdicts(
  database: SubsetDatabase,
  codes: readonly CodeCount[],
  options: SubsetOptions,
): Promise<void> {
  await database.rows('CREATE TEMP TABLE verdicts (code INTEGER, mask INTEGER)');
  const values = codes.map(({ code }) => `(${code}, ${keptBy(code, options)})`);
  if (values.length > 0) await database.rows(`INSERT INTO verdicts VALUES ${values.join(', ')}`);
}
