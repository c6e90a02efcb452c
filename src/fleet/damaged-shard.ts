import { BowerbirdError } from '../base/errors.ts';
import { shardFileName } from '../runs/run-files.ts';
import type { ShardStats } from '../runs/stats.ts';
import { shardName } from '../samples/key.ts';
import type { RunBackend } from './run-backend.ts';

/** Of a file of a shard in object storage. */
export const OTHER_CONTENT = 'is gone, or its content is not what was written';

/** Says whose files a shard of a run consists of. */
export function markerName(shardId: number): string {
  return `.commits/${shardName(shardId)}.json`;
}

/** A shard of a run. */
export interface DamagedPlace {
  readonly backend: Pick<RunBackend, 'place'>;
  readonly shardId: number;
  /** Where they could be read. */
  readonly stats?: Pick<ShardStats, 'files'> | undefined;
}

/**
 * Of a shard that counts as finished by its marker or its stats, and is not what the plan would have. Both have to go, or the one brings back the other; and a folder of
 * images, as another can only be brought to its name where there is none.
 *
 * @param path what is wrong, as people name it
 * @param what is wrong with it, as a clause that follows on the path
 */
export function damagedShard(
  { backend, shardId, stats }: DamagedPlace,
  path: string,
  what: string,
): BowerbirdError {
  const files = Object.entries(stats?.files ?? {});
  const folders = files.filter(([, { entries }]) => entries !== undefined).map(([name]) => name);
  const gone = [shardFileName('stats', shardId), markerName(shardId), ...folders].map((name) =>
    backend.place(name),
  );
  return new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} ${what}. Remove what is there of ${gone.slice(0, -1).join(', ')} and ${gone.at(-1)}, and let a worker do the shard again.`,
    { fields: { path, shard_id: shardId } },
  );
}
