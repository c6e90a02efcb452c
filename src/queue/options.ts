import type { AskedMode } from '../feedback/queue-items.ts';

/** What can be asked for by a share of a queue. */
export const CHOICES = ['random', 'variance', 'top', 'threshold', 'repeat'] as const;
export type Choice = (typeof CHOICES)[number];

/** Parts of a queue, of their sum. */
export type Mix = Readonly<Record<Choice, number>>;

export const USUAL_MIX: Mix = { random: 0.3, variance: 0.5, top: 0.1, threshold: 0.05, repeat: 0.05 };

/** How pairs and samples are chosen. */
export interface ChoiceOptions {
  /** How many items. */
  readonly count: number;
  readonly mix: Mix;
  /** Whether a part that cannot be had is refused; else random items take its place. */
  readonly isMixDemanded: boolean;
  /** Pairs of which those of the highest variance are asked. */
  readonly candidates: number;
  /** Of all items, the share that are random pairs of held-out samples. */
  readonly heldOutShare: number;
  /** The share of samples that count as top, and as near the threshold. */
  readonly topShare: number;
  /** A score; not given: where the top share begins. */
  readonly threshold?: number | undefined;
  /** A chance from which on, or below its opposite, the head is certain of a pair. */
  readonly certain: number;
  /** Of pairs that are passed over for it, the share that is asked all the same. */
  readonly auditShare: number;
  readonly seed: number;
}

/** What to ask of which collection, and where the queue goes. */
export interface QueueOptions extends ChoiceOptions {
  /** Run folders, folders of clip-retrieval, Parquet files. */
  readonly embeddings: readonly string[];
  readonly embeddingColumn?: string | undefined;
  readonly hashColumn?: string | undefined;
  readonly feedback: readonly string[];
  /** Not given: only by chance, and again. */
  readonly head?: string | undefined;
  readonly question: string;
  readonly mode: AskedMode;
  readonly output: string;
  readonly overwrite: boolean;
  /** At most so many samples, by chance among all, are looked at; 0 for all. */
  readonly pool: number;
}
