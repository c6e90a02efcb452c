import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../base/errors.ts';
import { StorageError } from './errors.ts';

/** How often and how long a request is tried that may go well a moment later. */
export interface RetryPolicy {
  /** In all, the first among them. */
  readonly attempts: number;
  /** The first wait; each further one may be twice as long. A wait is by chance between none and that. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** For how long a server may send nothing. */
  readonly idleMs: number;
}

/** What was asked of a place so far, by this process. */
export interface StorageCounts {
  /** Requests, repeated ones among them; of files, calls. */
  requests: number;
  /** Requests that were made again. */
  retries: number;
  /** Bytes of bodies that were read and written. */
  readBytes: number;
  writtenBytes: number;
}

/** Half a minute of waits in all, a quarter on the average of many. */
const DEFAULT_ATTEMPTS = 8;

/** The policy where nothing else is said; `AWS_MAX_ATTEMPTS` counts as for the AWS SDKs. */
export function defaultPolicy(environment: NodeJS.ProcessEnv = process.env): RetryPolicy {
  const stated = Number(environment['AWS_MAX_ATTEMPTS']);
  const attempts = Number.isSafeInteger(stated) && stated > 0 ? stated : DEFAULT_ATTEMPTS;
  return { attempts, baseDelayMs: 250, maxDelayMs: 20_000, idleMs: 60_000 };
}

/** Failures in a row of one piece of work, and the waits between them. */
export class Patience {
  readonly #policy: RetryPolicy;
  readonly #counts: StorageCounts;
  #failures = 0;

  constructor(policy: RetryPolicy, counts: StorageCounts) {
    this.#policy = policy;
    this.#counts = counts;
  }

  /** Something came: what fails from here on is a new trouble. */
  progressed(): void {
    this.#failures = 0;
  }

  /** Waits before the next try. @throws what was thrown, where that would not help or was tried often enough */
  async afterFailure(thrown: unknown): Promise<void> {
    if (!(thrown instanceof StorageError) || !thrown.isTransient) throw thrown;
    this.#failures++;
    const { attempts, baseDelayMs, maxDelayMs } = this.#policy;
    if (this.#failures >= attempts) throw givenUp(thrown, this.#failures);
    this.#counts.retries++;
    const longestMs = Math.min(maxDelayMs, baseDelayMs * 2 ** (this.#failures - 1));
    await sleep(Math.max(Math.min(thrown.retryAfterMs ?? 0, maxDelayMs), Math.random() * longestMs));
  }
}

/** Does a piece of work, again and again while it fails in a way that may pass. @param work is given the number of the try, from 1 */
export async function retrying<T>(
  policy: RetryPolicy,
  counts: StorageCounts,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  const patience = new Patience(policy, counts);
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (thrown) {
      await patience.afterFailure(thrown);
    }
  }
}

function givenUp(last: StorageError, tries: number): StorageError {
  const message = `${messageOf(last).replace(/[.\s]+$/, '')}; tried ${tries} times. Run the same command again later; a run goes on behind what it has finished.`;
  return new StorageError(last.code, message, { cause: last, fields: { ...last.fields, tries } });
}
