import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BowerbirdError, messageOf } from '../../base/errors.ts';
import { unescapeCell } from '../../feedback/csv.ts';
import { streamChunks } from '../../tables/chunk.ts';
import { storedSql } from '../../tables/column-sql.ts';
import { openDuckDb, parquetSource, quoteName, quoteText } from '../../tables/duckdb.ts';
import { unreadable } from '../../tables/errors.ts';
import type { FoundInput, TextOptions } from '../../tables/formats.ts';
import { makeReadable, type ReadableInput, textNote } from '../../tables/readable.ts';
import type { PlacedSaid } from '../sight.ts';
import { type FoundRoles, holdingOf, type Role, rolesIn } from './columns.ts';
import { type RowDefaults, saidByRow } from './row.ts';

const MEMORY_MB = 512;

/** How tables are read. */
export interface TableReading {
  readonly roles: FoundRoles;
  readonly text: TextOptions;
  /** For what is converted; the caller removes it. */
  readonly temporaryFolder: string;
  /** Where paths of images start; the table's own folder unless given. */
  readonly imagesFolder?: string | undefined;
  /** When rows were seen that do not say it; when the file was last written unless given. */
  readonly seenAtMs?: number | undefined;
  /** Names of users, in small letters: their rows come first, in this order. */
  readonly first: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * What the rows of a table say, in their order.
 *
 * @throws TableError BB_INPUT_FORMAT, BB_INPUT_UNREADABLE; BowerbirdError BB_COLUMN_MISSING; the signal's reason when it is aborted
 */
export async function* readTable(found: FoundInput, reading: TableReading): AsyncGenerator<PlacedSaid> {
  const { path, format } = found;
  const { temporaryFolder, signal } = reading;
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_MB, temporaryFolder });
  try {
    const input = await makeReadable(instance, found, { stagingFolder: temporaryFolder, text: reading.text });
    const note = textNote(input, 'It is counted as a post without an id.');
    if (note !== undefined) reading.onNote?.(note);
    const roles = rolesIn(path, input.columns, reading.roles);
    const defaults = await defaultsOf(path, reading, roles);
    const clean = format === 'csv' || format === 'tsv' ? unescapeCell : (text: string | null) => text;
    const named = Object.keys(roles) as Role[];
    const connection = await instance.connect();
    try {
      for await (const chunk of streamChunks(
        connection,
        selectOf(input, roles, reading.first),
        input.rowCount,
      )) {
        signal?.throwIfAborted();
        const columns = [...named, 'row'].map((_, i) => chunk.getColumnVector(i));
        // All are taken out of the chunk, which is gone with the next one.
        const rows = Array.from({ length: chunk.rowCount }, (_, row) =>
          columns.map((column) => column.getItem(row)),
        );
        for (const cells of rows) {
          const texts = named.map((role, i) => [role, clean(cells[i] as string | null)]);
          const place = { path, row: Number(cells.at(-1)) };
          yield { place, ...saidByRow(Object.fromEntries(texts), defaults) };
        }
      }
    } finally {
      connection.closeSync();
    }
  } catch (thrown) {
    if (thrown === signal?.reason) throw thrown;
    throw thrown instanceof BowerbirdError ? thrown : unreadable(path, messageOf(thrown), thrown);
  } finally {
    instance.closeSync();
  }
}

async function defaultsOf(path: string, reading: TableReading, roles: FoundRoles): Promise<RowDefaults> {
  const folder = resolve(reading.imagesFolder ?? dirname(path));
  return {
    seenAtMs: reading.seenAtMs ?? Math.floor((await stat(path)).mtimeMs),
    images: { folder, realRoot: await realpath(folder) },
    holds: holdingOf(roles),
  };
}

/** All values as texts, and the number of the row, from 1; those of the first users come first. */
function selectOf({ readPath, columns }: ReadableInput, roles: FoundRoles, first: readonly string[]): string {
  const textOf = (name: string): string =>
    `${storedSql(columns.find((column) => column.name === name)!)}::VARCHAR`;
  const values = Object.entries(roles).map(([role, name]) => `${textOf(name)} AS ${quoteName(role)}`);
  const select = `SELECT ${values.join(', ')}, row_number() OVER () AS " row" FROM ${parquetSource(readPath)}`;
  if (first.length === 0 || roles.user === undefined) return select;
  const list = first.map(quoteText).join(', ');
  return `SELECT * FROM (${select}) ORDER BY list_position([${list}], lower(trim("user"))) NULLS LAST, " row"`;
}
