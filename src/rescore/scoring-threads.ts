import { Worker } from 'node:worker_threads';
import type { ErrorCode, ErrorFields } from '../base/errors.ts';
import { TableError } from '../tables/errors.ts';
import type { Block, BlockResult, ScoringOptions } from './block-scorer.ts';
import type { PinnedHead } from './head-set.ts';
import { ScoringStop, STOP } from './scoring-stop.ts';

/** What every scoring thread is started with. */
export interface ScoringSettings extends Omit<ScoringOptions, 'heads'> {
  readonly pins: readonly PinnedHead[];
}

/** What a thread gets. */
export interface ThreadSettings extends ScoringSettings {
  readonly stop: SharedArrayBuffer;
}

/** What a thread says of a block. */
export type ScoringAnswer =
  | { readonly kind: 'scored'; readonly result: BlockResult }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly fields: ErrorFields;
    };

interface Job {
  readonly block: Block;
  readonly resolve: (result: BlockResult) => void;
  readonly reject: (error: unknown) => void;
}

const script = new URL('./score-worker.js', import.meta.url);

/** Scores blocks on several threads, in the order in which they are asked for. */
export class ScoringThreads {
  readonly #idle: Worker[] = [];
  /** Threads, and when each has ended. */
  readonly #all = new Map<Worker, Promise<void>>();
  readonly #stop = new ScoringStop();
  /** Also a process that leaves at once waits for what onnxruntime is at. */
  readonly #onExit = (): void => this.#stop.askAndWait();
  readonly #waiting: Job[] = [];
  readonly #running = new Map<Worker, Job>();
  #failure: unknown;

  constructor(count: number, settings: ScoringSettings) {
    process.on('exit', this.#onExit);
    for (let i = 0; i < count; i++) this.#start({ ...settings, stop: this.#stop.memory });
  }

  /** @throws TableError BB_SHARD_READ */
  score(block: Block): Promise<BlockResult> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#waiting.push({ block, resolve, reject });
      this.#next();
    });
  }

  async stop(): Promise<void> {
    this.#waiting.length = 0;
    this.#stop.ask();
    for (const worker of this.#all.keys()) worker.postMessage(STOP);
    await Promise.all(this.#all.values());
    process.off('exit', this.#onExit);
  }

  #start(settings: ThreadSettings): void {
    const worker = new Worker(script, { workerData: settings });
    this.#all.set(worker, new Promise((resolve) => worker.once('exit', () => resolve())));
    this.#idle.push(worker);
    worker.on('message', (answer: ScoringAnswer) => {
      const job = this.#running.get(worker)!;
      this.#running.delete(worker);
      this.#idle.push(worker);
      if (answer.kind === 'scored') job.resolve(answer.result);
      else job.reject(new TableError(answer.code, answer.message, { fields: answer.fields }));
      this.#next();
    });
    // Not about one block: the thread could not start, or has a defect.
    worker.on('error', (error) => this.#fail(error));
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) {
      const job = this.#waiting.shift()!;
      const worker = this.#idle.pop()!;
      this.#running.set(worker, job);
      worker.postMessage(job.block);
    }
  }

  #fail(error: unknown): void {
    this.#failure = error;
    for (const { reject } of [...this.#running.values(), ...this.#waiting]) reject(error);
    this.#running.clear();
    this.#waiting.length = 0;
    this.#stop.ask();
  }
}
