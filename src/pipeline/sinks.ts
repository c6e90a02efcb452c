import { writeNewFile } from '../base/files.ts';
import { encodeNpy } from '../base/npy.ts';
import type { Decoder } from '../decode/decoder.ts';
import { partialsSink, type Sink, type Sinks } from '../runs/commit.ts';
import { SAVED_SINKS, type ShardWithImages } from '../runs/saved-sinks.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import type { BucketSums } from '../scores/bucket-sums.ts';
import type { EarlierShard } from './earlier-shard.ts';
import type { JudgedShard } from './judge.ts';
import type { ShardWork } from './shard-work.ts';
import { thumbnailsSink } from './thumbnails.ts';

/** A complete shard with its verdicts and sums: what its files are made from. */
export interface JudgedWork extends ShardWithImages {
  readonly work: ShardWork;
  readonly judged: JudgedShard;
  readonly sums: BucketSums;
  /** Where its scores come from. */
  readonly provenance: Provenance;
  readonly saveEmbeddings: boolean;
  readonly saveConsent: boolean;
  readonly decoder: Decoder;
  /** What an earlier run wrote of this shard, where its failed rows were tried again. */
  readonly earlier: EarlierShard | undefined;
}

const tagsSink: Sink<JudgedWork> = {
  write: (path, { work, judged, provenance }) => work.shard.writeTags(path, judged.results, provenance),
};

const embeddingsSink: Sink<JudgedWork> = {
  isWanted: ({ saveEmbeddings }) => saveEmbeddings,
  write: (path, { work }) => writeNewFile(path, encodeScoredRows(work)),
};

/** The rows that embeddings are saved of. */
const metadataSink: Sink<JudgedWork> = {
  isWanted: ({ saveEmbeddings }) => saveEmbeddings,
  write: (path, { work, judged, provenance }) => work.shard.writeMetadata(path, judged.results, provenance),
};

const consentSink: Sink<JudgedWork> = {
  isWanted: ({ saveConsent }) => saveConsent,
  write: (path, { work }) => work.shard.writeConsent(path, work.consent),
};

/** What a shard of URLs is committed with. Their order is that of `SHARD_FILES`. */
export const SINKS: Sinks<JudgedWork> = {
  tags: tagsSink,
  partials: partialsSink,
  embeddings: embeddingsSink,
  metadata: metadataSink,
  thumbnails: thumbnailsSink,
  consent: consentSink,
  ...SAVED_SINKS,
};

function encodeScoredRows(work: ShardWork): Uint8Array {
  const { dimension } = work;
  const indexes = work.states.flatMap((state, i) => (state.kind === 'embedded' ? [i] : []));
  const rows = new Float32Array(indexes.length * dimension);
  for (const [to, from] of indexes.entries()) {
    rows.set(work.embeddings.subarray(from * dimension, (from + 1) * dimension), to * dimension);
  }
  return encodeNpy('float16', [indexes.length, dimension], rows);
}
