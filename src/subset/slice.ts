import { join } from 'node:path';
import { removeQuietly, writeError } from '../base/files.ts';
import { type FoundSlice, readSlices, refuseOtherBasis } from '../base/slices/read-slices.ts';
import type { SliceOf } from '../base/slices/slice.ts';
import { SliceFolder } from '../base/slices/slice-folder.ts';
import type { SliceBasis } from '../base/slices/slice-record.ts';
import { parquetSource, quoteText } from '../tables/duckdb.ts';
import { SubsetDatabase } from './database.ts';
import { SubsetError, subsetFailure } from './errors.ts';
import { findInputs } from './inputs.ts';
import { type Judgement, judgeRows } from './judge.ts';
import type { SubsetListeners } from './listeners.ts';
import { preparePlan } from './make.ts';
import type { SubsetOptions } from './options.ts';
import type { SubsetPlan } from './plan.ts';
import { makeSpillFolder, spillFolderOf } from './spill-folder.ts';
import { identityParts, rowsOf, settingsOf } from './summary.ts';

const CHOSEN = 'chosen.parquet';

/** What a slice keeps beside the rows that are chosen. */
interface SubsetSlice extends Judgement {
  readonly chosenRows: number;
}

/** What a slice found. */
export interface JudgedSlice {
  readonly folder: string;
  /** Of all slices. */
  readonly inputRows: number;
  /** Of this one: rows that were judged, and that a selection keeps by its rules. */
  readonly judgedRows: number;
  readonly chosenRows: number;
}

/**
 * Judges the rows whose hash lies in one slice of all hashes, and keeps what is found, for `readJudgement`: equal hashes are in
 * one slice, so joins and duplicates are those of the whole. Every slice reads the hashes and scores of all rows.
 *
 * @throws as `runSubset`, and as `SliceFolder`
 */
export async function judgeSlice(
  options: SubsetOptions & { readonly slice: SliceOf },
  { signal, onProgress, onNote }: SubsetListeners = {},
): Promise<JudgedSlice> {
  const { slice, temporaryFolder } = options;
  const folder = await SliceFolder.take(options.outputFolder, '--output-folder');
  const spillFolder = spillFolderOf(folder.path, folder.staging, temporaryFolder);
  try {
    await makeSpillFolder(spillFolder, temporaryFolder).catch((thrown: unknown) => {
      throw writeError(thrown, spillFolder);
    });
    const found = await findInputs(options.metadata, options.tags, { ...options, onNote });
    const database = await SubsetDatabase.open(options, spillFolder, { signal, onProgress });
    try {
      await database.prepareFor(found);
      const plan = await preparePlan(database.connection, found, options, {
        stagingFolder: join(spillFolder, 'inputs'),
        onBad: (_role, _path, error) => {
          throw error;
        },
      });
      const judgement = await judgeRows(database, plan, options);
      const chosenRows = await writeChosen(database, join(folder.files, CHOSEN));
      signal?.throwIfAborted();
      await folder.publish(slice, basisOf(plan, options), { ...judgement, chosenRows });
      const judgedRows = judgement.codes.reduce((sum, { rows }) => sum + rows, 0);
      return { folder: folder.path, inputRows: rowsOf(plan.metadata.files), judgedRows, chosenRows };
    } finally {
      database.close();
    }
  } catch (thrown) {
    if (signal?.aborted) throw signal.reason;
    throw subsetFailure(thrown, folder.path, spillFolder, options.where);
  } finally {
    await removeQuietly(spillFolder);
    await folder.close();
  }
}

async function writeChosen(database: SubsetDatabase, path: string): Promise<number> {
  await database.run(
    'writing the slice',
    `COPY (SELECT * FROM chosen ORDER BY ord) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  const [row] = await database.rows<{ n: number }>('SELECT count(*)::DOUBLE AS n FROM chosen');
  return row!.n;
}

/** What decides which rows are chosen; not the order, the columns and the files that are made of them. */
function basisOf(plan: SubsetPlan, options: SubsetOptions): SliceBasis {
  const { columns: _, shuffleSeed: _s, outputFiles: _f, compression: _c, ...judged } = settingsOf(options);
  return {
    kind: 'subset',
    inputs: identityParts(plan).flat(),
    settings: {
      ...judged,
      selections: options.selections.map(({ kind, lower, upper }) => [kind, lower ?? null, upper ?? null]),
      hash: plan.hash ?? null,
      texts: plan.texts ? [plan.texts.url, plan.texts.caption ?? null] : null,
      tagTables: plan.tables.map(({ scores, files }) => [Object.keys(scores), files.length]),
    },
  };
}

/**
 * The findings of all slices in the place of `judgeRows`: the table `chosen`, and the sums of what was counted.
 *
 * @throws BowerbirdError as `readSlices`; BB_SLICES_REFUSED where the slices are of other inputs or settings
 */
export async function readJudgement(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions & { readonly slices: readonly string[] },
): Promise<Judgement> {
  const slices = await readSlices<SubsetSlice>('subset', options.slices);
  refuseOtherBasis(slices, basisOf(plan, options));
  const contents = slices.map(({ record }) => record.content);
  const [first] = contents;
  const codes = new Map<number, number>();
  for (const { code, rows } of contents.flatMap((content) => content.codes))
    codes.set(code, (codes.get(code) ?? 0) + rows);
  const judgement: Judgement = {
    codes: [...codes].map(([code, rows]) => ({ code, rows })).sort((a, b) => a.code - b.code),
    // Every slice has counted them over all rows.
    droppedBefore: first!.droppedBefore,
    metadataDuplicates:
      first!.metadataDuplicates && sumOf(contents.flatMap((content) => content.metadataDuplicates ?? [])),
    tagDuplicates: plan.tables.map((_, table) =>
      sumOf(contents.map((content) => content.tagDuplicates[table]!)),
    ),
  };
  refuseLost(judgement, plan, slices);
  const files = slices.map(({ path }) => `SELECT * FROM ${parquetSource(join(path, CHOSEN))}`);
  await database.run('reading slices', `CREATE TEMP TABLE chosen AS ${files.join(' UNION ALL ')}`);
  return judgement;
}

function sumOf(all: readonly { readonly hashes: number; readonly rows: number }[]): {
  hashes: number;
  rows: number;
} {
  return {
    hashes: all.reduce((sum, { hashes }) => sum + hashes, 0),
    rows: all.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** Each row is in one slice, so that the slices of all rows sum to them. */
function refuseLost(
  { codes, droppedBefore }: Judgement,
  { metadata }: SubsetPlan,
  slices: readonly FoundSlice<SubsetSlice>[],
): void {
  const rows = codes.reduce((sum, each) => sum + each.rows, droppedBefore.status + droppedBefore.where);
  const others = slices.find(
    ({ record }) => JSON.stringify(record.content.droppedBefore) !== JSON.stringify(droppedBefore),
  );
  if (!others && rows === rowsOf(metadata.files)) return;
  throw new SubsetError(
    'BB_SLICES_REFUSED',
    `The slices judged ${rows} rows, and the metadata have ${rowsOf(metadata.files)}: inputs have changed while slices were made. Make all slices again.`,
    { fields: { paths: slices.map(({ path }) => path) } },
  );
}
