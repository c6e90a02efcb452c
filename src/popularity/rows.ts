import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { lineOf } from '../feedback/line.ts';
import { streamChunks } from '../tables/chunk.ts';
import { type DuckDBConnection, quoteText } from '../tables/duckdb.ts';
import { writeFailure } from '../tables/errors.ts';
import { FilledTable } from '../tables/filled-table.ts';
import type { Choice } from './choose.ts';
import { SPLITS, type Split } from './split.ts';
import { DigestedFile, type WrittenFile } from './tensors.ts';

const BATCH_ROWS = 2048;
/** Raters' names are no longer in a feedback file. */
const LONGEST_RATER = 64;

/** What is written of each post that is taken. */
export interface ChosenRows {
  readonly choice: Choice;
  /** By row: what `train` learns, transformed; not given where it is the label itself. */
  readonly targets?: Float64Array | undefined;
  /** By row: scores of the gate. */
  readonly gateScores?: Float64Array | undefined;
}

/**
 * Leaves the temporary table `chosen` on a connection: row, split (0 to 2), place (of the row in its split), label, target, gate.
 *
 * @param connection with the table `material` @throws errors of DuckDB
 */
export async function fillChosen(
  connection: DuckDBConnection,
  { choice, targets, gateScores }: ChosenRows,
): Promise<void> {
  const table = await FilledTable.create(connection, { database: 'temp', table: 'chosen' }, [
    { name: 'row', type: 'INTEGER' },
    { name: 'split', type: 'INTEGER' },
    { name: 'place', type: 'INTEGER' },
    { name: 'label', type: 'DOUBLE' },
    { name: 'target', type: 'DOUBLE', nullIs: Number.NaN },
    { name: 'gate', type: 'DOUBLE', nullIs: Number.NaN },
  ]);
  const at = (values: Float64Array | undefined, rows: readonly number[]): Float64Array =>
    Float64Array.from(rows, (row) => values?.[row] ?? Number.NaN);
  for (const [split, name] of SPLITS.entries()) {
    const all = choice.rows[name];
    for (let from = 0; from < all.length; from += BATCH_ROWS) {
      const rows = all.slice(from, from + BATCH_ROWS);
      table.append([
        Int32Array.from(rows),
        new Int32Array(rows.length).fill(split),
        Int32Array.from(rows, (_, i) => from + i),
        at(choice.values, rows),
        at(targets ?? choice.values, rows),
        at(gateScores, rows),
      ]);
    }
  }
  table.close();
}

/**
 * Writes the posts that were taken as zstd Parquet, in the order of splits and places: split, place, post_id, user, hash, likes, label, target, followers, time, last_seen, gate, image_path, url.
 *
 * @param connection to a DuckDB of one thread, with `material` and `chosen`
 * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL
 */
export async function writeRows(connection: DuckDBConnection, folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  const split = `CASE split ${SPLITS.map((text, i) => `WHEN ${i} THEN ${quoteText(text)}`).join(' ')} END`;
  try {
    await connection.run(
      `COPY (SELECT ${split} AS split, place, post_id, "user", hash, likes, label, target, followers, time, last_seen, gate, image_path, url
         FROM chosen JOIN material USING (row) ORDER BY chosen.split, place) TO ${quoteText(path)}
       (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
    );
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
}

/** The files of a split that name its posts. */
export interface LabelFiles {
  /** An id on each line. */
  readonly ids: WrittenFile;
  /** A feedback file. */
  readonly feedback: WrittenFile;
}

/**
 * Writes the labels of each split as a feedback file of likes, `SPLIT-labels.jsonl`, and its ids as `SPLIT-ids.txt`. The rater is the user, so that `train` can tell
 * their means and take them away.
 *
 * @param connection with `material` and `chosen`
 * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE; errors of DuckDB
 */
export async function writeLabels(
  connection: DuckDBConnection,
  folder: string,
  { question, counts }: { readonly question: string; readonly counts: Readonly<Record<Split, number>> },
): Promise<Record<Split, LabelFiles>> {
  const written: Partial<Record<Split, LabelFiles>> = {};
  for (const [number, split] of SPLITS.entries()) {
    const ids = await DigestedFile.make(folder, `${split}-ids.txt`);
    const feedback = await DigestedFile.make(folder, `${split}-labels.jsonl`);
    try {
      const sql = `SELECT post_id, "user", hash, label, epoch_ms(last_seen)::DOUBLE FROM chosen JOIN material USING (row) WHERE split = ${number} ORDER BY place`;
      for await (const chunk of streamChunks(connection, sql, counts[split])) {
        const vectors = [0, 1, 2, 3, 4].map((column) => chunk.getColumnVector(column));
        const labels = Array.from({ length: chunk.rowCount }, (_, i) => {
          const [id, user, hash, label, seenMs] = vectors.map((vector) => vector.getItem(i));
          return { id, user, hash, label, seenMs } as Label;
        });
        await ids.write(Buffer.from(labels.map(({ id }) => `${id}\n`).join('')));
        await feedback.write(
          Buffer.from(labels.map((label) => `${feedbackLine(label, question)}\n`).join('')),
        );
      }
    } catch (thrown) {
      await ids.close();
      await feedback.close();
      throw thrown;
    }
    written[split] = { ids: await ids.end(), feedback: await feedback.end() };
  }
  return written as Record<Split, LabelFiles>;
}

interface Label {
  readonly id: string;
  readonly user: string;
  readonly hash: bigint;
  readonly label: number;
  readonly seenMs: number;
}

function feedbackLine({ id, user, hash, label, seenMs }: Label, question: string): string {
  const said = { question, mode: 'likes', answer: label, sample: { hash: String(hash), key: id } } as const;
  const rater = raterOf(user);
  const time = new Date(seenMs).toISOString();
  const digest = createHash('sha256')
    .update(JSON.stringify({ ...said, rater, time }))
    .digest('hex');
  return lineOf({ id: digest.slice(0, 32), ...said, rater, time });
}

/** A name that is too long for a rater is told from others by its digest. */
function raterOf(user: string): string {
  if (user.length <= LONGEST_RATER) return user;
  const digest = createHash('sha256').update(user).digest('hex').slice(0, 16);
  // A character of two code units is not cut in half.
  const start = user.slice(0, LONGEST_RATER - digest.length - 1).replace(/[\uD800-\uDBFF]$/, '');
  return `${start}~${digest}`;
}
