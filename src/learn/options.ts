import type { LabelTransform } from '../samples/label.ts';
import type { Tag } from '../samples/tags.ts';
import type { MemberOptions } from './member.ts';
import type { PageFacts } from './page-facts.ts';
import type { RangeWeight } from './range-weights.ts';

/** The head that a training leaves in its folder. */
export const HEAD_FILE = 'head.safetensors';

/** The folder of members on their way, in the same folder. */
export const CHECKPOINT_FOLDER = 'checkpoints';
/** The page that shows what came of it, in the same folder. */
export const PAGE_FILE = 'train.html';

export const METHODS = ['ridge', 'logistic', 'bradley-terry', 'mlp'] as const;
export type Method = (typeof METHODS)[number];

/** In the place of a label transform: likes are learned as they are, as those that were divided by the most of their user. */
export const NO_TRANSFORM = 'none';

/** How members' scores become one. */
export const COMBINATIONS = ['mean', 'lower-median'] as const;
export type Combination = (typeof COMBINATIONS)[number];

/** What to train, on what, and where it goes. */
export interface TrainOptions {
  readonly method: Method;
  readonly feedback: readonly string[];
  readonly question: string;
  readonly raters?: readonly string[] | undefined;
  /** Run folders, folders of clip-retrieval, Parquet files. */
  readonly embeddings: readonly string[];
  readonly embeddingColumn?: string | undefined;
  readonly hashColumn?: string | undefined;
  readonly outputFolder: string;
  readonly overwrite: boolean;
  /** The column that the head is to fill. */
  readonly tag: Tag;
  /** Brings all raters to one mean and spread first. */
  readonly removeRaterBias: boolean;
  /** Of logistic: ratings from here on are kept ones; not given, answers of keep and leave are learned from. */
  readonly threshold?: number | undefined;
  /** Of ridge and mlp: likes are learned from, transformed, or as they are. */
  readonly labelTransform?: LabelTransform | typeof NO_TRANSFORM | undefined;
  /** Of ridge and mlp: what answers count by their values, before any transform; 1 each where not given. Rising. */
  readonly rangeWeights?: readonly RangeWeight[] | undefined;
  /** Of ridge and logistic; not given, it is found by cross-validation. */
  readonly penalty?: number | undefined;
  readonly members: number;
  /** Their mean where not given. */
  readonly combine?: Combination | undefined;
  readonly threads: number;
  /** Hidden units of each member; not given: as many as the embeddings have dimensions. */
  readonly hidden?: number | undefined;
  readonly evaluateEvery?: number | undefined;
  /** The step that all members are kept at; not given, each is at its best on what is held out. */
  readonly keepStep?: number | undefined;
  /** Writes members at each look too. */
  readonly saveCheckpoints?: boolean | undefined;
  /** How many seeds are tried, from `network.seed` on; 1 where not given. */
  readonly seeds?: number | undefined;
  /** Queue files, which say what was asked by chance. */
  readonly queues?: readonly string[] | undefined;
  /** Whether and how a page shows what came of it. */
  readonly page?: PageFacts | undefined;
  readonly network: Omit<MemberOptions, 'evaluateEvery' | 'hidden' | 'keepStep'>;
}

/** What is told on the way. */
export interface TrainProgress {
  readonly signal?: AbortSignal | undefined;
  readonly note: (message: string) => void;
  /** How much of what is done. */
  readonly advance: (what: string, done: number, total: number | undefined, unit: string) => void;
}
