import { statSync } from 'node:fs';
import { BowerbirdError } from '../../base/errors.ts';
import { sampleId } from '../../feedback/answer.ts';
import { type QueueItem, readQueueItems } from '../../feedback/queue-items.ts';
import type { RateOptions } from '../options.ts';
import type { RatedSample, RatedSamples } from '../samples/rated-samples.ts';
import type { Question } from './items.ts';

/** An item of a queue that can be asked here. */
export interface QueuedQuestion extends Question {
  /** Of its samples. */
  readonly ids: readonly string[];
  /** It asks what was answered before, on purpose. */
  readonly isRepeat: boolean;
}

type QueueOptions = Pick<RateOptions, 'question' | 'mode' | 'onNote'>;

/** A queue file that is read again whenever it has been replaced. */
export class WatchedQueue {
  readonly #path: string;
  readonly #samples: RatedSamples;
  readonly #options: QueueOptions;
  /** Of the file that was read last. */
  #identity = '';
  #questions: Promise<readonly QueuedQuestion[]> = Promise.resolve([]);

  private constructor(path: string, samples: RatedSamples, options: QueueOptions) {
    this.#path = path;
    this.#samples = samples;
    this.#options = options;
  }

  /** @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE, BB_INPUT_EMPTY where it asks nothing here */
  static async open(path: string, samples: RatedSamples, options: QueueOptions): Promise<WatchedQueue> {
    const queue = new WatchedQueue(path, samples, options);
    queue.#identity = identityOf(path);
    queue.#questions = queue.#read();
    if ((await queue.#questions).length > 0) return queue;
    throw new BowerbirdError(
      'BB_INPUT_EMPTY',
      `${path} asks nothing here: no item is about ${options.question} by ${options.mode} and about samples with a picture. ` +
        'Make a queue for this source, or leave --queue out.',
      { fields: { path } },
    );
  }

  /** Whether it asks on purpose what was answered before. */
  async hasRepeats(): Promise<boolean> {
    return (await this.#questions).some(({ isRepeat }) => isRepeat);
  }

  /** In the order in which they are to be asked. One that cannot be read any more is told of, and what was known stands. */
  async questions(): Promise<readonly QueuedQuestion[]> {
    const identity = identityOf(this.#path);
    if (identity !== this.#identity) {
      this.#identity = identity;
      const before = this.#questions;
      this.#questions = this.#read().catch((thrown: Error) => {
        this.#options.onNote?.(`${thrown.message} What it asked before is still asked.`);
        return before;
      });
    }
    return this.#questions;
  }

  async #read(): Promise<QueuedQuestion[]> {
    const { question, mode, onNote } = this.#options;
    const { items, problems } = await readQueueItems(this.#path);
    for (const note of problems.notes()) onNote?.(note);
    const own = items.filter((item) => item.question === question && item.mode === mode);
    const found = await this.#samples.find(own.flatMap(namesOf));
    const questions = own.flatMap((item) => questionOf(item, found) ?? []);
    this.#tell(items.length - own.length, `ask something else than ${question} by ${mode}`);
    this.#tell(own.length - questions.length, 'are about samples without a picture here');
    return questions;
  }

  /** @param what how the items are */
  #tell(count: number, what: string): void {
    if (count > 0)
      this.#options.onNote?.(`Of the items of ${this.#path}, ${count} are passed over, for they ${what}.`);
  }
}

function namesOf(item: QueueItem): readonly RatedSample['name'][] {
  return item.mode === 'pair' ? [item.left, item.right] : [item.sample];
}

function questionOf(item: QueueItem, found: ReadonlyMap<string, RatedSample>): QueuedQuestion | undefined {
  const names = namesOf(item);
  const samples = names.flatMap((name) => found.get(sampleId(name)) ?? []);
  if (samples.length < names.length) return undefined;
  const ids = samples.map(({ name }) => sampleId(name));
  const isRepeat = item.why === 'repeat';
  // The queue has the sides of a repeated pair exchanged already.
  return { id: item.id, queue: item.id, samples, ids, isRepeat, ...(isRepeat && { wasSwapped: true }) };
}

/** Another one once the file has been replaced. */
function identityOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats ? `${stats.dev} ${stats.ino} ${stats.mtimeNs} ${stats.size}` : 'none';
}
