import type { FailureReason } from '../samples/reasons.ts';
import type { Tag } from '../samples/tags.ts';
import type { RetryTally } from './retry-tally.ts';
import type { SavedCounts } from './stats.ts';

interface QueueLevel {
  readonly size: number;
  readonly capacity: number;
}

/** A host that rows wait for. */
export interface StuckHost {
  readonly host: string;
  readonly rows: number;
  /** `paused for 40 s`, `at its limit of 32` */
  readonly why: string;
}

/** The stages whose queues a person can watch. */
export type StageName = 'download' | 'decode' | 'embed' | Tag;

const REPEATED_NOTE_MS = 3000;

/** What a run is busy with. */
export type Phase = 'planning' | 'loading' | 'judging' | 'scoring' | 'merging';

/** The counters of a run while it goes, read by whoever shows them. Resumed rows are counted apart. */
export class ScoreProgress {
  readonly startedAtMs: number = Date.now();
  totalRows = 0;
  /** Rows of shards that an earlier run had finished. */
  resumedRows = 0;
  /** Those of them that had failed and are not tried again. */
  resumedFailures = 0;
  totalShards = 0;
  finishedShards = 0;
  succeeded = 0;
  kept = 0;
  failed = 0;
  downloadedBytes = 0;
  /** Images of finished shards that are saved, and their bytes; undefined where the run saves none. */
  saved: SavedCounts | undefined;
  readonly reasons: Partial<Record<FailureReason, number>> = {};
  /** Rows of finished shards that were tried again in this session. */
  retried: RetryTally = {};
  phase: Phase = 'planning';
  scoringStartedAtMs: number | undefined;
  /** Set while downloads are paused because no host answers. */
  pausedAtMs: number | undefined;
  /** Hosts that rows have waited long for: how many rows, and why, in words. */
  stuckHosts: readonly StuckHost[] = [];
  readonly #onNote: (text: string) => void;
  #lastNoteAtMs = Date.now();
  #queues: Readonly<Partial<Record<StageName, QueueLevel>>> = {};

  /** @param onNote told what a person should read at once: a crashed child, a long conversion */
  constructor(onNote: (text: string) => void = () => undefined) {
    this.#onNote = onNote;
  }

  /** Adds what is saved of a finished shard. */
  countSaved(saved: SavedCounts | undefined): void {
    if (!saved) return;
    const { images, bytes } = this.saved ?? { images: 0, bytes: 0 };
    this.saved = { images: images + saved.images, bytes: bytes + saved.bytes };
  }

  note(text: string): void {
    this.#onNote(text);
  }

  /** For what repeats: says something once in a few seconds at most, and nothing in the first. */
  noteNowAndThen(text: string): void {
    if (Date.now() - this.#lastNoteAtMs < REPEATED_NOTE_MS) return;
    this.#lastNoteAtMs = Date.now();
    this.note(text);
  }

  enter(phase: Phase): void {
    this.phase = phase;
    if (phase === 'scoring') this.scoringStartedAtMs = Date.now();
  }

  /** Rows that have failed so far, in this session or an earlier one. */
  get allFailures(): number {
    return this.resumedFailures + this.failed;
  }

  /** Rows that have ended in this session. */
  get ended(): number {
    return this.succeeded + this.failed;
  }

  get queues(): Readonly<Partial<Record<StageName, QueueLevel>>> {
    return this.#queues;
  }

  watchQueues(queues: Readonly<Partial<Record<StageName, QueueLevel>>>): void {
    this.#queues = queues;
  }

  countFailure(reason: FailureReason): void {
    this.failed++;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
  }
}
