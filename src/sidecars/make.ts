import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { makeFolders, removeQuietly, writing } from '../base/files.ts';
import { refuseInsideOutput, refusePartOfOutput } from '../base/output-kinds.ts';
import { makeTemporaryFolder, sweepAbandoned } from '../base/temporary-folder.ts';
import { SIDECARS_FOLDER } from '../runs/run-files.ts';
import { type DuckDBConnection, openDuckDb } from '../tables/duckdb.ts';
import { readColumns } from '../tables/footer.ts';
import { isElsewhere } from '../tables/remote/remote-files.ts';
import { sidecarColumns } from './columns.ts';
import { isUpToDate } from './existing.ts';
import { sidecarPaths } from './names.ts';
import { finishedRows, readScoredRun, type ScoredInput, type ScoredRun } from './run-inputs.ts';
import { statementText } from './statement.ts';
import { provenanceOf, type SidecarJob, TEMPORARY_PREFIX, writeSidecar } from './write.ts';

/** What to make sidecars of, and where. */
export interface SidecarOptions {
  readonly run: string;
  /** A folder in which sidecars lie as the inputs lie to each other; `RUN/sidecars` where not given. */
  readonly outputFolder?: string | undefined;
  /** Beside each input. */
  readonly beside?: boolean;
  /** Further columns of the inputs, by their names in the tags. */
  readonly columns?: readonly string[];
  /** Whether sidecars with scores of another head or model are replaced. */
  readonly overwrite?: boolean;
  /** Whether inputs that are not scored to their end are left out, instead of refused. */
  readonly skipUnfinished?: boolean;
  /** Told how many shards of the run have been looked at. */
  readonly onShard?: (shards: number) => void;
  /** Told how many rows of how many are done. */
  readonly onProgress?: (rows: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What came of it. */
export interface SidecarReport {
  readonly state: 'done' | 'interrupted';
  readonly run: string;
  /** Paths of the sidecars that stand now, in the order of the inputs. */
  readonly sidecars: readonly string[];
  readonly written: number;
  /** Of these, those that stood already and said the same. */
  readonly unchanged: number;
  readonly rows: number;
  /** Inputs that have none, because rows of theirs are not scored yet. */
  readonly unfinished: readonly string[];
  /** Inputs without rows, which have none. */
  readonly empty: readonly string[];
}

const MEMORY_LIMIT_MB = 512;

/**
 * Writes a Parquet file of scores for each input of a run, in the order of the input's rows. One that stands already and
 * says the same is left alone; one of the same input from before the run changed is replaced. Nothing else is.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT, BB_RUN_UNFINISHED, BB_OUTPUT_UNFINISHED, BB_OUTPUT_EXISTS, BB_INPUT_NOT_FOUND, BB_COLUMN_MISSING,
 *   BB_RUN_CHANGED, BB_SHARD_WRITE, BB_DISK_FULL
 */
export async function makeSidecars(options: SidecarOptions): Promise<SidecarReport> {
  const run = await readScoredRun(options.run, options.onShard);
  const unfinished = run.inputs.filter((input) => finishedRows(input) !== input.rows);
  if (unfinished.length > 0 && !options.skipUnfinished) throw notFinished(run, unfinished);
  const places = placesOf(run, options);
  const wanted = places.filter(({ input }) => input.rows > 0 && !unfinished.includes(input));
  if (options.beside) refuseGone(wanted.map(({ input }) => input));
  const spill = await makeTemporaryFolder('sidecars');
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder: spill });
  const connection = await instance.connect();
  try {
    const done = await writeAll(connection, run, wanted, options);
    const left = wanted.length - done.written - done.unchanged;
    return {
      state: left > 0 ? 'interrupted' : 'done',
      run: run.folder.path,
      sidecars: wanted.slice(0, wanted.length - left).map(({ path }) => path),
      ...done,
      unfinished: unfinished.map(({ path }) => path),
      empty: run.inputs.flatMap(({ rows, path }) => (rows === 0 ? path : [])),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
    await removeQuietly(spill);
  }
}

/** An input, and where its sidecar goes. */
interface Placed {
  readonly input: ScoredInput;
  readonly path: string;
}

function placesOf({ inputs, folder }: ScoredRun, { beside, outputFolder }: SidecarOptions): Placed[] {
  const place = beside
    ? ({ beside } as const)
    : { folder: outputFolder === undefined ? join(folder.path, SIDECARS_FOLDER) : resolve(outputFolder) };
  const paths = sidecarPaths(
    inputs.map(({ path }) => path),
    place,
  );
  return inputs.map((input, i) => ({ input, path: paths[i]! }));
}

async function writeAll(
  connection: DuckDBConnection,
  run: ScoredRun,
  wanted: readonly Placed[],
  options: SidecarOptions,
): Promise<Pick<SidecarReport, 'written' | 'unchanged' | 'rows'>> {
  const { signal, onProgress, overwrite = false, columns = [] } = options;
  const standing = new Set<string>();
  for (const placed of wanted) {
    refuseOthersOutput(placed.path, run, options);
    if (!existsSync(placed.path)) continue;
    const job = await jobOf(connection, run, placed, columns);
    if (await isUpToDate(connection, job, overwrite)) standing.add(placed.path);
  }
  const total = wanted.reduce((sum, { input }) => sum + input.rows, 0);
  const swept = new Set<string>();
  const done = { written: 0, unchanged: 0, rows: 0 };
  for (const placed of wanted) {
    if (signal?.aborted) break;
    if (standing.has(placed.path)) done.unchanged++;
    else {
      await prepareFolder(dirname(placed.path), swept);
      await writeSidecar(connection, await jobOf(connection, run, placed, columns));
      done.written++;
    }
    done.rows += placed.input.rows;
    onProgress?.(done.rows, total);
  }
  return done;
}

/** Beside its input a sidecar may lie in an output, where it is no part of one; a folder that is named for sidecars may not. */
function refuseOthersOutput(path: string, { folder }: ScoredRun, { outputFolder }: SidecarOptions): void {
  refusePartOfOutput(path);
  if (outputFolder !== undefined) refuseInsideOutput(path, outputFolder, join(folder.path, SIDECARS_FOLDER));
}

/** Makes a folder where it is missing, and removes what killed processes left in it. */
async function prepareFolder(folder: string, swept: Set<string>): Promise<void> {
  if (swept.has(folder)) return;
  await writing(folder, async () => {
    await makeFolders(folder);
    await sweepAbandoned(folder, TEMPORARY_PREFIX);
  });
  swept.add(folder);
}

async function jobOf(
  connection: DuckDBConnection,
  { folder }: ScoredRun,
  { input, path }: Placed,
  asked: readonly string[],
): Promise<SidecarJob> {
  const tags = folder.tags(input.shards[0]!.id);
  const columns = sidecarColumns(input, await readColumns(connection, tags), asked);
  const names = columns.map(({ name }) => name);
  const provenance = await provenanceOf(connection, folder, input);
  return { input, folder, path, columns, statement: statementText(input, folder, names), provenance };
}

function notFinished({ folder }: ScoredRun, unfinished: readonly ScoredInput[]): BowerbirdError {
  const [first] = unfinished;
  const others = unfinished.length > 1 ? `, and so it is with ${unfinished.length - 1} more inputs` : '';
  return new BowerbirdError(
    'BB_RUN_UNFINISHED',
    `${folder.path} has scored ${finishedRows(first!)} of the ${first!.rows} rows of ${first!.path}${others}. Run \`bowerbird score\` again to ` +
      'end it, or make those of the other inputs with --skip-unfinished.',
    { fields: { path: folder.path, inputs: unfinished.map(({ path }) => path) } },
  );
}

function refuseGone(inputs: readonly ScoredInput[]): void {
  const elsewhere = inputs.find(({ path }) => isElsewhere(path));
  if (elsewhere)
    throw new BowerbirdError(
      'BB_USAGE',
      `${elsewhere.path} lies elsewhere, and nothing is written beside it. Leave --beside out, and copy the folder of sidecars there.`,
      { fields: { input: elsewhere.path } },
    );
  const gone = inputs.find(({ path }) => !existsSync(path));
  if (!gone) return;
  throw new BowerbirdError(
    'BB_INPUT_NOT_FOUND',
    `${gone.path} is not there any more, so nothing can be put beside it. Name a folder for the sidecars with --output-folder.`,
    { fields: { input: gone.path } },
  );
}
