import type { FilterOptions } from '../scores/filter.ts';
import type { HeadSource } from './head-set.ts';

/** Everything that decides how stored embeddings are scored, complete and checked. */
export interface RescoreConfig extends FilterOptions {
  /** Folders with img_emb/ and, beside it, metadata/. */
  readonly inputs: readonly string[];
  readonly outputFolder: string;
  readonly urlColumn?: string;
  readonly captionColumn?: string;
  readonly hashColumn?: string;
  /** The column of embeddings in Parquet inputs. */
  readonly embeddingColumn?: string;
  readonly heads: readonly HeadSource[];
  /** Whether heads' scores take the place of the metadata's own punsafe and pwatermark. */
  readonly recomputeTags: boolean;
  /** Whether embeddings of several encoders, and tags of several origins, may be scored as one. */
  readonly isMixAllowed?: boolean;
  /** Brings each embedding to length 1 before it is scored and summed. */
  readonly normalise: boolean;
  /** Leaves the metadata's columns out of the tags. */
  readonly scoresOnly: boolean;
  /** Passes over files that cannot be read or do not fit together, and counts them. */
  readonly skipBadFiles: boolean;
  readonly incrementalMode: 'incremental' | 'overwrite' | 'extend';
  readonly scoreThreads: number;
  readonly memoryLimitMb: number;
  readonly commandLine: string;
}

/** The settings that a run folder is bound to, thresholds apart. */
export function rescoreSettings(config: RescoreConfig): Readonly<Record<string, unknown>> {
  return {
    input_format: 'embeddings',
    url_col: config.urlColumn ?? null,
    caption_col: config.captionColumn ?? null,
    hash_col: config.hashColumn ?? null,
    embedding_col: config.embeddingColumn ?? null,
    // Runs of before there was this setting go on without it.
    recompute_tags: config.recomputeTags || null,
    normalize: config.normalise,
    scores_only: config.scoresOnly,
  };
}
