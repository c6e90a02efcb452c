import { resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { refuseUnfinished } from '../base/swap.ts';
import { checkShardFile, readFinishedShard, readShardOfDoneRun } from '../runs/finished-shard.ts';
import { RunFolder } from '../runs/run-folder.ts';
import { type RunRecord, readRunRecord } from '../runs/run-record.ts';
import { addCounts, emptyCounts, hasFile, type RowCounts } from '../runs/stats.ts';

/** A finished shard of a run. */
export interface RunShard {
  readonly id: number;
  /** The input file, folder or archive that its rows come from. */
  readonly input: string;
  /** Of that input, from 0. */
  readonly firstRow: number;
  readonly rowCount: number;
  /** Rows that have an embedding, and a row in the files of embeddings and metadata. */
  readonly successes: number;
  /** Path of its tags, Parquet. */
  readonly tags: string;
  /** Path of its embeddings, .npy, and of the metadata of the same rows; absent where the run saved none. */
  readonly embeddings?: string;
  readonly metadata?: string;
  /** Holds one of these files against the digest in the shard's stats. */
  readonly check: (path: string) => Promise<void>;
}

/** What a run folder says of itself. */
export interface RunFacts {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly shards: readonly RunShard[];
  readonly counts: RowCounts;
}

/**
 * @throws BowerbirdError BB_RUN_CORRUPT for no run, and for a run that is done of which a shard is gone or damaged; BB_OUTPUT_UNFINISHED
 */
export async function readRunFacts(
  path: string,
  { verify }: { readonly verify: boolean },
): Promise<RunFacts> {
  const folder = new RunFolder(resolve(path));
  await refuseUnfinished([folder.path]);
  const record = await readRunRecord(folder.runRecord);
  if (!record) {
    throw new BowerbirdError('BB_RUN_CORRUPT', `${folder.path} is no run folder: it has no run.json.`, {
      fields: { path: folder.runRecord },
    });
  }
  const counts = emptyCounts();
  const shards: RunShard[] = [];
  const readShard = record.state === 'done' ? readShardOfDoneRun : readFinishedShard;
  for (let id = 0; id < record.shards; id++) {
    const stats = await readShard(folder.stats(id), id);
    if (!stats) continue;
    addCounts(counts, stats);
    const { files } = stats;
    shards.push({
      id,
      input: stats.input,
      firstRow: stats.first_row,
      rowCount: stats.count,
      successes: stats.successes,
      tags: folder.tags(id),
      ...(hasFile(stats, 'embeddings') && {
        embeddings: folder.embeddings(id),
        metadata: folder.metadata(id),
      }),
      check: (file) => (verify ? checkShardFile(file, { files }) : Promise.resolve()),
    });
  }
  return { folder, record, shards, counts };
}
