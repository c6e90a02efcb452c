import { BowerbirdError } from '../base/errors.ts';
import { remove } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { Interval } from '../metrics/bootstrap.ts';
import { falseDiscoveryRates, sharesDifferP, wilsonInterval } from '../metrics/proportions.ts';
import { type DuckDBConnection, openDuckDb, parquetSource, queryRows } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import { expandInputs } from '../tables/inputs.ts';
import { readableOn, textNote } from '../tables/readable.ts';
import { withTagsOfRuns } from '../tables/run-tags.ts';
import { GROUP_SQL, rowsSql } from './group-sql.ts';
import { type AuditOptions, GROUP_KINDS, type GroupKind } from './options.ts';
import { auditedColumns } from './row-sql.ts';

/** What a filter keeps of a group of rows. */
export interface AuditGroup {
  readonly kind: GroupKind;
  readonly name: string;
  readonly rows: number;
  readonly kept: number;
  /** Of the share that is kept: Wilson's 95 %. */
  readonly interval: Interval;
  /** That the share is that of all other rows; null where there are none, or all are treated alike. */
  readonly p: number | null;
  /** The same for the number of groups (Benjamini and Yekutieli). */
  readonly q: number | null;
}

/** What a filter keeps of what. */
export interface Audit {
  readonly files: number;
  /** Rows that were judged, and how many are kept. */
  readonly rows: number;
  readonly kept: number;
  /** Rows of runs that failed before they could be judged. */
  readonly failed: number;
  /** Of each kind, the largest groups first. */
  readonly groups: readonly AuditGroup[];
  /** By kind: groups with too few rows. */
  readonly small: Readonly<Record<GroupKind, number>>;
}

/** After so many files, groups are added up: each has rows of its own until then. */
const FILES_BETWEEN_SUMS = 64;

/**
 * Counts what a filter keeps of each group of rows, and tells which groups it treats otherwise than the rest.
 *
 * @throws TableError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH, BB_SHARD_READ;
 *   BowerbirdError BB_INPUT_EMPTY where no row was judged; the signal's reason
 */
export async function auditFilter(options: AuditOptions): Promise<Audit> {
  const { inputs, threads, memoryLimitMb, onNote } = options;
  const found = await expandInputs(await withTagsOfRuns(inputs, onNote), { onNote });
  const folder = await makeTemporaryFolder('audit');
  const instance = await openDuckDb({ memoryLimitMb, threads, temporaryFolder: folder });
  const connection = await instance.connect();
  const stop = (): void => connection.interrupt();
  options.signal.addEventListener('abort', stop);
  try {
    await connection.run('CREATE TABLE groups (kind VARCHAR, name VARCHAR, n DOUBLE, kept DOUBLE)');
    const total = { rows: 0, kept: 0, failed: 0 };
    for (const [number, input] of found.entries()) {
      const file = await readableOn(connection, input, { stagingFolder: folder, text: {} });
      const note = textNote(file);
      if (note !== undefined) onNote(note);
      const rows = rowsSql(parquetSource(file.readPath), auditedColumns(file, options));
      try {
        const counted = await countFile(connection, rows, options.signal);
        total.rows += counted.rows;
        total.kept += counted.kept;
        total.failed += file.rowCount - counted.rows;
      } catch (thrown) {
        options.signal.throwIfAborted();
        throw readFailure(file.path, thrown);
      }
      if (number % FILES_BETWEEN_SUMS === FILES_BETWEEN_SUMS - 1) await addUp(connection);
      options.onProgress(total.rows + total.failed);
    }
    if (total.rows === 0) throw nothingJudged(inputs);
    return { files: found.length, ...total, ...(await readGroups(connection, total, options.leastRows)) };
  } catch (thrown) {
    // What the interrupted query says is no news.
    options.signal.throwIfAborted();
    throw thrown;
  } finally {
    options.signal.removeEventListener('abort', stop);
    connection.closeSync();
    instance.closeSync();
    await remove(folder);
  }
}

async function countFile(
  connection: DuckDBConnection,
  rows: string,
  signal: AbortSignal,
): Promise<{ readonly rows: number; readonly kept: number }> {
  const [counted] = await queryRows<{ rows: number; kept: number }>(
    connection,
    `SELECT count(*)::DOUBLE AS rows, (count(*) FILTER (WHERE kept))::DOUBLE AS kept FROM (${rows})`,
  );
  for (const kind of GROUP_KINDS) {
    signal.throwIfAborted();
    await connection.run(
      `INSERT INTO groups SELECT '${kind}', name, count(*), count(*) FILTER (WHERE kept) FROM (${GROUP_SQL[kind](rows)}) GROUP BY name`,
    );
  }
  return counted!;
}

async function addUp(connection: DuckDBConnection): Promise<void> {
  await connection.run(
    'CREATE TABLE sums AS SELECT kind, name, sum(n) AS n, sum(kept) AS kept FROM groups GROUP BY kind, name',
  );
  await connection.run('DROP TABLE groups');
  await connection.run('ALTER TABLE sums RENAME TO groups');
}

interface GroupRow {
  readonly kind: GroupKind;
  readonly name: string;
  readonly n: number;
  readonly kept: number;
}

async function readGroups(
  connection: DuckDBConnection,
  { rows, kept }: Pick<Audit, 'rows' | 'kept'>,
  leastRows: number,
): Promise<Pick<Audit, 'groups' | 'small'>> {
  await addUp(connection);
  const smallRows = await queryRows<{ kind: GroupKind; n: number }>(
    connection,
    `SELECT kind, count(*)::DOUBLE AS n FROM groups WHERE n < ${leastRows} GROUP BY kind`,
  );
  const found = await queryRows<GroupRow>(
    connection,
    `SELECT kind, name, n, kept FROM groups WHERE n >= ${leastRows} ORDER BY kind, n DESC, name`,
  );
  const chances = found.map((group) =>
    sharesDifferP({ hits: group.kept, count: group.n }, { hits: kept - group.kept, count: rows - group.n }),
  );
  const adjusted = falseDiscoveryRates(chances);
  return {
    groups: found.map((group, i) => ({
      ...{ kind: group.kind, name: group.name, rows: group.n, kept: group.kept },
      ...{ interval: wilsonInterval(group.kept, group.n), p: chances[i]!, q: adjusted[i]! },
    })),
    small: Object.fromEntries(
      GROUP_KINDS.map((kind) => [kind, smallRows.find((row) => row.kind === kind)?.n ?? 0]),
    ) as Record<GroupKind, number>,
  };
}

function nothingJudged(inputs: readonly string[]): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_EMPTY',
    `No row of ${inputs.join(', ')} was judged: there is nothing to audit.`,
  );
}
