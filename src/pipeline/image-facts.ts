import { EXIF_COLUMN, type ImageFacts, type KeptFacts, NO_FACTS } from '../samples/image-facts.ts';
import type { FurtherColumn } from '../shards/results.ts';
import type { JudgedShard } from './judge.ts';

/** What is known of each row's file, by index; of those that never came nothing. */
export type ShardFacts = readonly (ImageFacts | undefined)[];

/** The same shard with the facts that are kept as further columns, in img2dataset's order. */
export function withFacts(judged: JudgedShard, facts: ShardFacts, kept: KeptFacts): JudgedShard {
  const rows = judged.results.status.map((_, index) => facts[index] ?? NO_FACTS);
  const columns: FurtherColumn[] = [
    ...(kept.exif ? [{ name: EXIF_COLUMN, values: rows.map(({ exif }) => exif) }] : []),
    ...(kept.hash ? [{ name: kept.hash, values: rows.map(({ digest }) => digest) }] : []),
  ];
  const further = [...(judged.results.further ?? []), ...columns];
  return { ...judged, results: { ...judged.results, further } };
}
