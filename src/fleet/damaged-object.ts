import { BowerbirdError } from '../base/errors.ts';

/** Of a file of a shard that is committed in object storage. @param url the file's */
export function damagedObject(url: string, shardId: number): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${url} is gone, or its content is not what was written. Remove the stats and the marker in .commits of shard ${shardId}, and let a worker do it again.`,
    { fields: { path: url } },
  );
}
