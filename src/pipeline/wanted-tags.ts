import type { Tag } from '../samples/tags.ts';
import type { ShardWork } from './shard-work.ts';

/** Whether a model has to look at a row: the tag is the run's own score, or the input gives the row none. */
export function wantsTag({ shard }: ShardWork, index: number, tag: Tag, recomputeTags: boolean): boolean {
  if (tag === 'aesthetic' || recomputeTags) return true;
  const column = shard.tags[tag];
  return column === undefined || Number.isNaN(column[index]!);
}
