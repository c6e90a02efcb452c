import { Worker } from 'node:worker_threads';
import { BowerbirdError } from '../base/errors.ts';
import type { BatchOptions, BatchPlace } from './batches.ts';
import type { Batch } from './stepper.ts';

/** What the thread answers, in the order in which it was asked. */
export type BatchMessage = { readonly batch: Batch } | { readonly problem: string };

/** Batches that are made before they are asked for. */
const AHEAD = 2;

const script = new URL('./batch-worker.js', import.meta.url);

/** Batches in their order, each made by a thread while steps run on those before it. */
export class BatchThread {
  readonly #worker: Worker;
  readonly #places: Iterator<BatchPlace>;
  readonly #imagesPath: string;
  readonly #ready: BatchMessage[] = [];
  #wanting: { resolve: (message: BatchMessage) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  /** @param places of the batches that will be taken */
  constructor(options: BatchOptions, places: Iterator<BatchPlace>) {
    this.#imagesPath = options.imagesPath;
    this.#places = places;
    this.#worker = new Worker(script, { workerData: options });
    this.#worker.on('message', (message: BatchMessage) => {
      if (!this.#wanting) this.#ready.push(message);
      else this.#wanting.resolve(message);
      this.#wanting = undefined;
    });
    this.#worker.on('error', (error: Error) => {
      this.#failure = error;
      this.#wanting?.reject(error);
    });
    for (let i = 0; i < AHEAD; i++) this.#ask();
  }

  /** The next batch. @throws BowerbirdError BB_INPUT_UNREADABLE where its pictures cannot be read any more */
  async next(): Promise<Batch> {
    if (this.#failure) throw this.#failure;
    const message =
      this.#ready.shift() ??
      (await new Promise<BatchMessage>((resolve, reject) => {
        this.#wanting = { resolve, reject };
      }));
    this.#ask();
    if ('batch' in message) return message.batch;
    throw new BowerbirdError(
      'BB_INPUT_UNREADABLE',
      `The pictures in ${this.#imagesPath} cannot be read any more: ${message.problem}.`,
      { fields: { path: this.#imagesPath } },
    );
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(): void {
    const { value, done } = this.#places.next();
    if (!done) this.#worker.postMessage(value);
  }
}
