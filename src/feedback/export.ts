import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { openDuckDb, quoteName, quoteText } from '../tables/duckdb.ts';
import { FilledTable } from '../tables/filled-table.ts';
import type { Answer } from './answer.ts';
import { csvCell } from './csv.ts';
import type { ExportFormat } from './export-formats.ts';
import { lineOf } from './line.ts';

/** What an export writes: a feedback file of the answers that stand, or a table. */

const MEMORY_MB = 512;

type Cell = string | number | boolean | undefined;

/** The columns of a table of answers, with their types in Parquet. `value` has the answer where it is a number. */
const COLUMNS: readonly (readonly [name: string, type: string, of: (answer: Answer) => Cell])[] = [
  ['id', 'VARCHAR', ({ id }) => id],
  ['question', 'VARCHAR', ({ question }) => question],
  ['mode', 'VARCHAR', ({ mode }) => mode],
  ['answer', 'VARCHAR', ({ answer }) => String(answer)],
  ['value', 'DOUBLE', ({ answer }) => (typeof answer === 'number' ? answer : undefined)],
  ['hash', 'BIGINT', (answer) => (answer.mode === 'pair' ? undefined : answer.sample.hash)],
  ['key', 'VARCHAR', (answer) => (answer.mode === 'pair' ? undefined : answer.sample.key)],
  ['left_hash', 'BIGINT', (answer) => (answer.mode === 'pair' ? answer.left.hash : undefined)],
  ['left_key', 'VARCHAR', (answer) => (answer.mode === 'pair' ? answer.left.key : undefined)],
  ['right_hash', 'BIGINT', (answer) => (answer.mode === 'pair' ? answer.right.hash : undefined)],
  ['right_key', 'VARCHAR', (answer) => (answer.mode === 'pair' ? answer.right.key : undefined)],
  ['rater', 'VARCHAR', ({ rater }) => rater],
  ['time', 'VARCHAR', ({ time }) => time],
  ['queue', 'VARCHAR', ({ queue }) => queue],
  ['seed', 'BIGINT', ({ seed }) => seed],
  ['swapped', 'BOOLEAN', ({ swapped }) => swapped],
  ['took_ms', 'DOUBLE', ({ tookMs }) => tookMs],
];

export const EXPORT_COLUMNS: readonly string[] = COLUMNS.map(([name]) => name);

/**
 * Writes answers, in their order. In CSV, text that a spreadsheet would take for a formula has `'` before it.
 *
 * @param path where no file is; it is not synced
 * @returns how many there were
 * @throws what `batches` throws; errors of the file system and of DuckDB
 */
export async function exportAnswers(
  path: string,
  format: ExportFormat,
  batches: AsyncIterable<readonly Answer[]>,
): Promise<number> {
  let count = 0;
  const counted = (async function* () {
    for await (const batch of batches) {
      count += batch.length;
      yield batch;
    }
  })();
  if (format === 'parquet') await writeParquet(path, counted);
  else {
    const text = format === 'jsonl' ? jsonLines(counted) : csvLines(counted);
    await pipeline(text, createWriteStream(path, { flags: 'wx' }));
  }
  return count;
}

async function* jsonLines(batches: AsyncIterable<readonly Answer[]>): AsyncGenerator<string> {
  for await (const batch of batches) yield batch.map((answer) => `${lineOf(answer)}\n`).join('');
}

async function* csvLines(batches: AsyncIterable<readonly Answer[]>): AsyncGenerator<string> {
  yield `${EXPORT_COLUMNS.join(',')}\n`;
  for await (const batch of batches)
    yield batch.map((answer) => `${COLUMNS.map(([, , of]) => csvCell(of(answer))).join(',')}\n`).join('');
}

async function writeParquet(path: string, batches: AsyncIterable<readonly Answer[]>): Promise<void> {
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_MB, temporaryFolder: `${path}.spill` });
  const connection = await instance.connect();
  try {
    // Texts on the way: JavaScript's numbers would bend a hash.
    const table = await FilledTable.create(
      connection,
      { database: 'temp', table: 'answers' },
      COLUMNS.map(([name]) => ({ name, type: 'VARCHAR' })),
    );
    for await (const batch of batches) {
      if (batch.length === 0) continue;
      table.append(COLUMNS.map(([, , of]) => batch.map((answer) => textOf(of(answer)))));
    }
    table.close();
    const columns = COLUMNS.map(([name, type]) => `${quoteName(name)}::${type} AS ${quoteName(name)}`);
    await connection.run(
      `COPY (SELECT ${columns.join(', ')} FROM temp.answers ORDER BY rowid) TO ${quoteText(path)}
       (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function textOf(cell: Cell): string | null {
  return cell === undefined ? null : String(cell);
}
