import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Spill } from '../base/spill.ts';
import { TAGS } from '../samples/tags.ts';
import { type CodeCount, keptBy } from './account.ts';
import { ChosenRows } from './chosen-rows.ts';
import { codeWithout, noTagBit } from './codes.ts';
import type { SubsetDatabase } from './database.ts';
import { type Duplicates, type FoundRow, HashJoin } from './hash-join.ts';
import type { KeptRows } from './kept-rows.ts';
import type { SubsetOptions } from './options.ts';
import type { SubsetPlan } from './plan.ts';
import { type DroppedBefore, type Scan, scanMetadata, scanTags, spillTable, wordsOf } from './scan.ts';
import { takenScores } from './statements.ts';

/** What was found of all rows. */
export interface Judgement {
  readonly codes: readonly CodeCount[];
  readonly droppedBefore: DroppedBefore;
  /** Null where no hash was looked at. */
  readonly metadataDuplicates: Duplicates | null;
  readonly tagDuplicates: readonly Duplicates[];
}

/** Of rows that are joined at a time: their hash table stays in a processor's cache. */
const PARTITION_ROWS = 2 ** 16;
const MAX_PARTITION_BITS = 11;
const BUFFER_BYTES = 32 * 2 ** 20;

/** Takes the rows that a selection keeps. */
interface RowTaker {
  add(row: number, mask: number, found: FoundRow): void;
  close(): void;
}

/**
 * Judges every row of the metadata by its tags, and lists those that are kept: with the scores of their tags in `kept`, or, where
 * that is not given, with the places of their tags in the table `chosen` (chosen-rows.ts).
 * Rows of all tables are spilled, split by their hashes; then each part is joined in memory. One pass over each table
 * finds the tags, the duplicates on both sides and what every rule drops. Memory: the buffers below, and a part's hash
 * table, 12 to 48 bytes for each distinct hash and 8 to 32 more for each tag table; with 2^11 parts of five billion rows
 * some 100 MB.
 */
export async function judgeRows(
  database: SubsetDatabase,
  plan: SubsetPlan,
  options: SubsetOptions,
  kept?: KeptRows,
): Promise<Judgement> {
  const tagScans = plan.tables.map((table, i) => scanTags(table, kept && takenScores(plan, i)));
  const metadataScan = scanMetadata(plan, options);
  const bits = partitionBits([metadataScan, ...tagScans]);
  const spills: Spill[] = [];
  const spillOf = (scan: Scan): Spill => {
    const path = join(database.spillFolder, `hashes-${spills.length}`);
    const shape = { words: wordsOf(scan), bits, shift: 64 - bits };
    const spill = new Spill({ path, ...shape, bufferBytes: BUFFER_BYTES });
    spills.push(spill);
    return spill;
  };
  try {
    for (const scan of tagScans) await spillTable(database, scan, options, spillOf(scan));
    const droppedBefore = await spillTable(database, metadataScan, options, spillOf(metadataScan));
    const taker = kept ?? (await chosenRows(database, plan, options));
    const tagWords = tagScans.map(wordsOf);
    const join = new HashJoin({
      tagWords,
      absentCodes: absentCodes(plan, options),
      deduplicate: options.deduplicate,
      keptBy: (code) => keptBy(code, options),
      onKept: (row, mask, found) => taker.add(row, mask, found),
    });
    try {
      await joinSpills(database, join, spills);
    } finally {
      taker.close();
    }
    return {
      codes: join.codes,
      droppedBefore,
      metadataDuplicates: metadataScan.hash === 'none' ? null : join.metadataDuplicates,
      tagDuplicates: join.tagDuplicates,
    };
  } finally {
    for (const spill of spills) spill.close();
  }
}

function partitionBits(scans: readonly Scan[]): number {
  const rows = scans.reduce((sum, { rowCount }) => sum + rowCount, 0);
  return Math.min(MAX_PARTITION_BITS, Math.max(0, Math.ceil(Math.log2(rows / PARTITION_ROWS))));
}

function chosenRows(
  { connection }: SubsetDatabase,
  { metadata, tables }: SubsetPlan,
  { dedup }: SubsetOptions,
): Promise<RowTaker> {
  return ChosenRows.create(connection, metadata, tables, dedup !== undefined);
}

/** @param spills of the tag tables, then of the metadata */
async function joinSpills(database: SubsetDatabase, join: HashJoin, spills: readonly Spill[]): Promise<void> {
  const tags = spills.slice(0, -1);
  const metadata = spills.at(-1)!;
  const partitions = metadata.counts.length;
  for (let partition = 0; partition < partitions; partition++) {
    tags.forEach((spill, table) => {
      for (const records of spill.read(partition)) join.addTags(table, records);
    });
    for (const records of metadata.read(partition)) join.judge(records);
    join.clear();
    database.show('joining tags', partition / partitions);
    // Signals get their turn.
    await setImmediate();
  }
}

/** For each set of tables that know a hash: the bits of what the others do not say. */
function absentCodes({ tables }: SubsetPlan, options: SubsetOptions): number[] {
  const codes = tables.map(({ scores }, i) => {
    const tags = TAGS.filter((tag) => scores[tag] !== undefined);
    return codeWithout(tags, options) | noTagBit(i);
  });
  return Array.from({ length: 2 ** tables.length }, (_, known) =>
    codes.reduce((all, code, i) => all | ((known & (1 << i)) === 0 ? code : 0), 0),
  );
}
