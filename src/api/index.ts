// What `import ... from 'bowerbird'` gives (docs/api.md).
export { BowerbirdError, type ErrorCode } from '../base/errors.ts';
export type { Head, TrainedOn } from '../heads/head.ts';
export { type LoadOptions, loadHead } from '../heads/load.ts';
export type { FailureReason, SampleStatus } from '../samples/reasons.ts';
export type { Tag } from '../samples/tags.ts';
export type { LinearScore } from '../scores/summary.ts';
export type { ColumnValue } from '../tables/reading/values.ts';
export type { EmbeddingBlock, SampleEmbedding } from './embeddings.ts';
export type { SampleFilter, ScoreFilter, Verdict } from './filters.ts';
export { scoreEmbeddings } from './heads.ts';
export type { RowOptions, Sample, SampleOptions, Scores } from './run-samples.ts';
export {
  type OpenRunOptions,
  openRun,
  openRun as readRun,
  type Run,
  type RunBatchOptions,
  type RunCounts,
} from './runs.ts';
export { hashSample, hashSamples, type SampleText } from './samples.ts';
export {
  type ManyScores,
  openStore,
  type ScoreStore,
  type StoreEntries,
  type StoreScores,
} from './stores.ts';
export {
  openSubset,
  type Subset,
  type SubsetBatchOptions,
  type SubsetOptions,
  type SubsetSample,
} from './subsets.ts';
