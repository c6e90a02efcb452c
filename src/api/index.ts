// What `import ... from 'bowerbird'` gives (docs/api.md).
export { BowerbirdError } from '../base/errors.ts';
export type { Head, TrainedOn } from '../heads/head.ts';
export { type LoadOptions, loadHead } from '../heads/load.ts';
export type { Tag } from '../samples/tags.ts';
export type { LinearScore } from '../scores/summary.ts';
export { scoreEmbeddings } from './heads.ts';
export { type Run, type RunCounts, readRun } from './runs.ts';
export { hashSample, hashSamples, type SampleText } from './samples.ts';
export { type ManyScores, openStore, type ScoreStore, type StoreScores } from './stores.ts';
