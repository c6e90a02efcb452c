import { Child, type ChildOptions, type ChildRequest } from './child.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { BowerbirdError, codeOf } from './errors.ts';
import type { Frame } from './frames.ts';

export type { Frame } from './frames.ts';

/** How many children, and how much each may be given. */
export interface ChildPoolOptions extends ChildOptions {
  /** Processes kept running. */
  readonly size: number;
  /** Requests that one child works on at the same time. */
  readonly inFlightPerChild: number;
  /** A child whose oldest request is unanswered for this long is ended. No limit when absent. */
  readonly timeoutMs?: number;
  /** A child that does not serve requests after this long is ended; 120,000 when absent. */
  readonly startTimeoutMs?: number;
  /** Told of every child that ended by itself or was killed for taking too long. */
  readonly onCrash?: (error: BowerbirdError) => void;
  /** What these times run by; the machine's clock when absent. */
  readonly clock?: Clock;
}

/** What may differ from request to request. */
export interface RequestOptions {
  /** Instead of the pool's `timeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

interface Job extends RequestOptions {
  readonly request: ChildRequest;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: unknown) => void;
  /** It was in flight when a child died: it runs again, alone, so that the guilty request is known. */
  suspect: boolean;
}

/** A child and what it has in hand. When it dies, another post takes its place. */
interface Post {
  readonly child: Child;
  /** In service, the oldest first. */
  readonly jobs: Set<Job>;
  /** Children in this place that died, one after the other, before they served a request. */
  readonly failedStarts: number;
  alone: boolean;
  watch: { readonly job: Job; readonly cancel: () => void } | undefined;
  /** Set when the watchdog ended the child: how long the oldest request had, and whether it was the only one. */
  hung: { readonly timeoutMs: number; readonly wasAlone: boolean } | undefined;
}

const DEFAULT_START_TIMEOUT_MS = 120_000;
const MAX_FAILED_STARTS = 3;

/**
 * A fixed number of children that share a queue of requests. A child that dies is replaced. The requests it held
 * are run once more, each alone in its child; a request that kills a second child is rejected with
 * BB_CHILD_CRASHED (or BB_CHILD_TIMEOUT), and nothing else is lost.
 *
 * The watchdog's clock runs for the oldest request of a child: the others may only be waiting for it. A request that
 * hangs while it is alone in its child is rejected at once; else it and those that shared its child run again alone.
 * A child that dies before it serves requests is nobody's fault: after three in one place the pool is broken.
 */
export class ChildPool {
  readonly #options: ChildPoolOptions;
  readonly #clock: Clock;
  readonly #posts: Post[] = [];
  readonly #queue: Job[] = [];
  readonly #suspects: Job[] = [];
  #stopping = false;
  #broken: BowerbirdError | undefined;

  constructor(options: ChildPoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    for (let i = 0; i < options.size; i++) this.#posts.push(this.#fill(0));
  }

  /** Requests waiting for a child. */
  get queued(): number {
    return this.#queue.length + this.#suspects.length;
  }

  /** The process ids of the children that run now. */
  get pids(): readonly number[] {
    return this.#posts.flatMap((post) => post.child.pid ?? []);
  }

  /**
   * Queues a request for the next free child.
   *
   * @throws BowerbirdError BB_CHILD_CRASHED or BB_CHILD_TIMEOUT where it cost its children, BB_CHILD_START where none
   * can be started; else the child's own error
   */
  request(request: ChildRequest, { timeoutMs }: RequestOptions = {}): Promise<Frame> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject, suspect: false, timeoutMs });
      this.#dispatch();
    });
  }

  /** Ends all children. Requests that are still waiting are rejected. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#posts.map((post) => post.child.stop()));
    this.#rejectWaiting(new BowerbirdError('BB_CHILD_FAILED', `The ${this.#options.name} pool was stopped.`));
  }

  #fill(failedStarts: number): Post {
    const child = new Child(this.#options);
    const startTimeoutMs = this.#options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS;
    void child.ready.then(this.#clock.after(startTimeoutMs, () => child.kill()));
    return { child, jobs: new Set(), failedStarts, alone: false, watch: undefined, hung: undefined };
  }

  #dispatch(): void {
    for (const post of this.#posts) {
      if (post.jobs.size === 0) this.#start(post, this.#suspects.shift());
    }
    // Suspects wait for an empty child: nothing new is started until each has one.
    while (this.#suspects.length === 0 && this.#queue.length > 0) {
      const post = this.#leastLoaded();
      if (!post) return;
      this.#start(post, this.#queue.shift());
    }
  }

  #leastLoaded(): Post | undefined {
    let best: Post | undefined;
    for (const post of this.#posts) {
      if (post.alone || post.jobs.size >= this.#options.inFlightPerChild) continue;
      if (!best || post.jobs.size < best.jobs.size) best = post;
    }
    return best;
  }

  #start(post: Post, job: Job | undefined): void {
    if (!job) return;
    post.jobs.add(job);
    post.alone = job.suspect;
    void this.#run(post, job);
  }

  async #run(post: Post, job: Job): Promise<void> {
    // The watchdog counts work, not the start of a process on a busy machine.
    await post.child.ready;
    this.#watchOldest(post);
    try {
      job.resolve(await post.child.request(job.request));
    } catch (thrown) {
      if (codeOf(thrown) === 'BB_CHILD_CRASHED') this.#afterEnd(post, job, thrown as BowerbirdError);
      else job.reject(thrown);
    } finally {
      post.jobs.delete(job);
      if (post.jobs.size === 0) post.alone = false;
      this.#watchOldest(post);
      this.#dispatch();
    }
  }

  /** Starts the clock of the request that is the oldest now, unless it runs. */
  #watchOldest(post: Post): void {
    const [oldest] = post.jobs;
    if (post.watch?.job === oldest || post.hung) return;
    post.watch?.cancel();
    post.watch = undefined;
    const timeoutMs = oldest?.timeoutMs ?? this.#options.timeoutMs;
    if (!oldest || timeoutMs === undefined) return;
    const cancel = this.#clock.after(timeoutMs, () => {
      post.hung = { timeoutMs, wasAlone: post.jobs.size === 1 };
      post.child.kill();
    });
    post.watch = { job: oldest, cancel };
  }

  #afterEnd(post: Post, job: Job, error: BowerbirdError): void {
    const failure = post.hung ? this.#timeoutError(error, post.hung.timeoutMs) : error;
    this.#replace(post, failure);
    if (this.#broken) job.reject(this.#broken);
    else if (this.#stopping) job.reject(failure);
    else if (!post.child.hasStarted) (job.suspect ? this.#suspects : this.#queue).unshift(job);
    else if (job.suspect || post.hung?.wasAlone) job.reject(failure);
    else {
      job.suspect = true;
      this.#suspects.push(job);
    }
  }

  /** Puts a new child where one has died, once, unless none can be started there. */
  #replace(post: Post, failure: BowerbirdError): void {
    const place = this.#posts.indexOf(post);
    if (place < 0 || this.#stopping || this.#broken) return;
    post.watch?.cancel();
    const failedStarts = post.child.hasStarted ? 0 : post.failedStarts + 1;
    if (failedStarts >= MAX_FAILED_STARTS) {
      this.#break(failure);
      return;
    }
    this.#options.onCrash?.(failure);
    this.#posts[place] = this.#fill(failedStarts);
  }

  #break(cause: BowerbirdError): void {
    const { name } = this.#options;
    this.#broken = new BowerbirdError(
      'BB_CHILD_START',
      `The ${name} could not be started, ${MAX_FAILED_STARTS} times in a row: ${cause.message}`,
      { cause, fields: { ...cause.fields } },
    );
    this.#rejectWaiting(this.#broken);
  }

  #rejectWaiting(error: BowerbirdError): void {
    for (const job of [...this.#queue.splice(0), ...this.#suspects.splice(0)]) job.reject(error);
  }

  #timeoutError(cause: BowerbirdError, timeoutMs: number): BowerbirdError {
    const { name } = this.#options;
    return new BowerbirdError(
      'BB_CHILD_TIMEOUT',
      `The ${name} gave no answer within ${timeoutMs} ms and was ended.`,
      { cause, fields: { child: name, timeoutMs } },
    );
  }
}
