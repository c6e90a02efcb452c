import {
  EXIF_COLUMN,
  type ImageFacts,
  type KeptFacts,
  NO_FACTS,
  PHASH_COLUMN,
} from '../samples/image-facts.ts';
import type { FurtherColumn } from '../shards/results.ts';
import type { JudgedShard } from './judge.ts';

/** What is known of each row's file, by index; of those that never came nothing. */
export type ShardFacts = readonly (ImageFacts | undefined)[];

/** The same shard with the facts that are kept as further columns: img2dataset's in its order, then the perceptual hash. */
export function withFacts(judged: JudgedShard, facts: ShardFacts, kept: KeptFacts): JudgedShard {
  const rows = judged.results.status.map((_, index) => facts[index] ?? NO_FACTS);
  const columns: FurtherColumn[] = [
    ...(kept.exif ? [{ name: EXIF_COLUMN, values: rows.map(({ exif }) => exif) }] : []),
    ...(kept.hash ? [{ name: kept.hash, values: rows.map(({ digest }) => digest) }] : []),
    ...(kept.phash
      ? [{ name: PHASH_COLUMN, values: { int64s: rows.map(({ phash }) => numberOf(phash)) } }]
      : []),
  ];
  const further = [...(judged.results.further ?? []), ...columns];
  return { ...judged, results: { ...judged.results, further } };
}

function numberOf(int64: string | null): bigint | null {
  return int64 === null ? null : BigInt(int64);
}
