import { Child, type ChildOptions, type ChildRequest } from './child.ts';
import { BowerbirdError, codeOf } from './errors.ts';
import type { Frame } from './frames.ts';

/** How many children, and how much each may be given. */
export interface ChildPoolOptions extends ChildOptions {
  /** Processes kept running. */
  readonly size: number;
  /** Requests that one child works on at the same time. */
  readonly inFlightPerChild: number;
  /** A request unanswered for this long costs its child. No limit when absent. */
  readonly timeoutMs?: number;
  /** Told of every child that ended by itself or was killed for taking too long. */
  readonly onCrash?: (error: BowerbirdError) => void;
}

interface Job {
  readonly request: ChildRequest;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: unknown) => void;
  /** It was in flight when a child died: it runs again, alone, so that the guilty request is known. */
  suspect: boolean;
}

interface Slot {
  child: Child;
  jobs: number;
  alone: boolean;
}

/**
 * A fixed number of children that share a queue of requests. A child that dies is replaced. The requests it held
 * are run once more, each alone in its child; a request that kills a second child is rejected with
 * BB_CHILD_CRASHED (or BB_CHILD_TIMEOUT), and nothing else is lost.
 */
export class ChildPool {
  readonly #options: ChildPoolOptions;
  readonly #slots: Slot[] = [];
  readonly #queue: Job[] = [];
  readonly #suspects: Job[] = [];
  #stopping = false;

  constructor(options: ChildPoolOptions) {
    this.#options = options;
    for (let i = 0; i < options.size; i++) {
      this.#slots.push({ child: new Child(options), jobs: 0, alone: false });
    }
  }

  /** Requests waiting for a child. */
  get queued(): number {
    return this.#queue.length + this.#suspects.length;
  }

  /** The process ids of the children that run now. */
  get pids(): readonly number[] {
    return this.#slots.flatMap((slot) => slot.child.pid ?? []);
  }

  /**
   * Queues a request for the next free child.
   *
   * @throws BowerbirdError BB_CHILD_CRASHED or BB_CHILD_TIMEOUT where it cost two children; else the child's own error
   */
  request(request: ChildRequest): Promise<Frame> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject, suspect: false });
      this.#dispatch();
    });
  }

  /** Ends all children. Requests that are still waiting are rejected. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#slots.map((slot) => slot.child.stop()));
    const stopped = new BowerbirdError('BB_CHILD_FAILED', `The ${this.#options.name} pool was stopped.`);
    for (const job of [...this.#queue.splice(0), ...this.#suspects.splice(0)]) job.reject(stopped);
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (slot.jobs === 0) this.#start(slot, this.#suspects.shift());
    }
    // Suspects wait for an empty child: nothing new is started until each has one.
    while (this.#suspects.length === 0 && this.#queue.length > 0) {
      const slot = this.#leastLoaded();
      if (!slot) return;
      this.#start(slot, this.#queue.shift());
    }
  }

  #leastLoaded(): Slot | undefined {
    let best: Slot | undefined;
    for (const slot of this.#slots) {
      if (slot.alone || slot.jobs >= this.#options.inFlightPerChild) continue;
      if (!best || slot.jobs < best.jobs) best = slot;
    }
    return best;
  }

  #start(slot: Slot, job: Job | undefined): void {
    if (!job) return;
    slot.jobs++;
    slot.alone = job.suspect;
    void this.#run(slot, job);
  }

  async #run(slot: Slot, job: Job): Promise<void> {
    const { child } = slot;
    // The watchdog counts work, not the start of a process on a busy machine.
    await child.ready;
    let timedOut = false;
    const { timeoutMs } = this.#options;
    const timer = timeoutMs
      ? setTimeout(() => {
          timedOut = true;
          child.kill();
        }, timeoutMs)
      : undefined;
    try {
      job.resolve(await child.request(job.request));
    } catch (thrown) {
      if (codeOf(thrown) === 'BB_CHILD_CRASHED')
        this.#afterCrash(slot, child, job, timedOut, thrown as BowerbirdError);
      else job.reject(thrown);
    } finally {
      clearTimeout(timer);
      if (slot.child === child) this.#release(slot);
      this.#dispatch();
    }
  }

  #release(slot: Slot): void {
    slot.jobs--;
    if (slot.jobs === 0) slot.alone = false;
  }

  #afterCrash(slot: Slot, child: Child, job: Job, timedOut: boolean, error: BowerbirdError): void {
    const failure = timedOut ? this.#timeoutError(error) : error;
    if (slot.child === child && !this.#stopping) {
      this.#options.onCrash?.(failure);
      slot.child = new Child(this.#options);
      slot.jobs = 0;
      slot.alone = false;
    }
    if (this.#stopping || job.suspect || timedOut) {
      job.reject(failure);
    } else {
      job.suspect = true;
      this.#suspects.push(job);
    }
  }

  #timeoutError(cause: BowerbirdError): BowerbirdError {
    const { name, timeoutMs } = this.#options;
    return new BowerbirdError(
      'BB_CHILD_TIMEOUT',
      `The ${name} gave no answer within ${timeoutMs} ms and was ended.`,
      {
        cause,
        fields: { child: name, timeoutMs: timeoutMs ?? null },
      },
    );
  }
}
