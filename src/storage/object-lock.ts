import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lock, LockedError, OnWait } from '../base/lock.ts';
import { isIdentity, lifeOf, ownIdentity, type ProcessIdentity } from '../base/process-identity.ts';
import type { Storage } from './contract.ts';
import { readText } from './read-text.ts';
import { Turns } from './turns.ts';
import { momentNow, passedMs } from './watched-lock.ts';

/** How often a holder speaks up, and how long it may be silent before it counts as dead. */
export interface LockTimes {
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  readonly pollMs: number;
}

const TIMES: LockTimes = { heartbeatMs: 5000, leaseMs: 60_000, pollMs: 1000 };

/** What is taken, and how that is spoken of. */
export interface ObjectLockOptions {
  readonly storage: Storage;
  /** Where its claims lie: a URL that ends with `/`. */
  readonly claims: string;
  readonly lockedError: LockedError;
  readonly onWait?: OnWait | undefined;
  readonly times?: LockTimes;
}

/** What a claim says. */
interface Claim extends ProcessIdentity {
  readonly token: string;
  readonly beat: number;
  readonly isReleased: boolean;
}

/**
 * Takes a run in object storage for this process, so that two planners or mergers never write into one.
 *
 * There is no renaming and no removing under a condition, so a lock is a row of claims with numbers, each written by whoever was first. The last is the holder's; it writes its own
 * anew all the time, and nobody else does. Where it was released or has not changed for a minute, as watched from here and by no other clock, the next number
 * may be claimed. A holder that wakes finds that its number is not the last.
 *
 * @throws what `lockedError` makes, where another process holds the lock; StorageError
 */
export async function takeObjectLock(options: ObjectLockOptions): Promise<Lock> {
  const turns = new Turns(options.claims);
  for (;;) {
    const last = (await numbersIn(options)).at(-1) ?? 0;
    const claim = new OwnClaim(options, last + 1);
    if ((last === 0 || (await isFree(options, last))) && (await claim.take())) return claim;
    await turns.next();
  }
}

/** A claim of this process. */
class OwnClaim implements Lock {
  readonly #options: ObjectLockOptions;
  readonly #number: number;
  readonly #token = randomUUID();
  #beat = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  #isSpeaking = false;
  #spokeAt = momentNow();
  #isLost = false;

  constructor(options: ObjectLockOptions, number: number) {
    this.#options = options;
    this.#number = number;
  }

  /** @returns whether it is the last, and so the holder's */
  async take(): Promise<boolean> {
    const { storage, times = TIMES } = this.#options;
    if (!(await storage.putIfAbsent(this.#url, this.#content(false)))) return false;
    const numbers = await numbersIn(this.#options);
    // Claims that were looked at long ago may have been removed since, with later ones in their place.
    if (numbers.at(-1) !== this.#number) return false;
    for (const number of numbers.slice(0, -1)) await storage.delete(claimUrl(this.#options, number));
    this.#timer = setInterval(() => this.#speak(), times.heartbeatMs).unref();
    this.#spokeAt = momentNow();
    return true;
  }

  async assertHeld(): Promise<void> {
    if (await this.#isHeld()) return;
    const last = (await numbersIn(this.#options)).at(-1);
    const claim = last === undefined ? undefined : await readClaim(this.#options, last);
    throw this.#options.lockedError(`${nameOf(claim)}, which took it from this one`);
  }

  /** The claim stays, as one that is free: numbers only grow. One that another has followed is nobody's. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    if (!(await this.#isHeld())) return;
    await this.#options.storage.put(this.#url, this.#content(true));
  }

  /** What is lost once is lost for good. */
  async #isHeld(): Promise<boolean> {
    this.#isLost ||= (await numbersIn(this.#options)).at(-1) !== this.#number;
    if (this.#isLost) clearInterval(this.#timer);
    return !this.#isLost;
  }

  /** Storage that is away for a moment is met by the work itself. Where it is slow, what is still being said is enough. */
  #speak(): void {
    if (this.#isSpeaking) return;
    this.#isSpeaking = true;
    this.#writing = this.#sayAlive()
      .catch(() => undefined)
      .finally(() => {
        this.#isSpeaking = false;
      });
  }

  /** Who was asleep for long may have been followed, and its claim be removed: it is not to be there again. */
  async #sayAlive(): Promise<void> {
    const { storage, times = TIMES } = this.#options;
    if (passedMs(this.#spokeAt) > times.leaseMs / 2 && !(await this.#isHeld())) return;
    await storage.put(this.#url, this.#content(false));
    this.#spokeAt = momentNow();
  }

  #content(isReleased: boolean): Buffer {
    const claim: Claim = { token: this.#token, beat: this.#beat++, isReleased, ...ownIdentity() };
    return Buffer.from(`${JSON.stringify(claim)}\n`);
  }

  get #url(): string {
    return claimUrl(this.#options, this.#number);
  }
}

/**
 * Whether the last claim was given back, or is of somebody dead. False where others have gone on meanwhile.
 *
 * @throws what `lockedError` makes where its holder lives
 */
async function isFree(options: ObjectLockOptions, number: number): Promise<boolean> {
  const { lockedError, onWait, times = TIMES } = options;
  const first = await readClaim(options, number);
  const sinceMs = performance.now();
  for (let present = first; ; ) {
    if (!present) return false;
    if (present.isReleased) return true;
    const life = isIdentity(present) ? lifeOf(present) : 'unknown';
    if (life === 'dead') return true;
    if (life === 'alive' || present.beat !== first?.beat) throw lockedError(nameOf(present));
    if (performance.now() - sinceMs > times.leaseMs) return true;
    onWait?.(
      `${claimUrl(options, number)} is held by ${nameOf(present)}. Waiting for a sign of life of it ...`,
    );
    await sleep(times.pollMs);
    present = await readClaim(options, number);
  }
}

/** The numbers of the claims, in order. */
async function numbersIn({ storage, claims }: ObjectLockOptions): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { url } of storage.list(claims)) {
    const [, number] = /^(\d{10})\.json$/.exec(url.slice(claims.length)) ?? [];
    if (number !== undefined) numbers.push(Number(number));
  }
  return numbers;
}

/** undefined where it was removed. A claim that is not of this form has no holder that could be looked up. */
async function readClaim({ storage, claims }: ObjectLockOptions, number: number): Promise<Claim | undefined> {
  const text = await readText(storage, claimUrl({ claims }, number));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Claim;
  } catch {
    return {} as Claim;
  }
}

function claimUrl({ claims }: Pick<ObjectLockOptions, 'claims'>, number: number): string {
  return `${claims}${String(number).padStart(10, '0')}.json`;
}

function nameOf(claim: Claim | undefined): string {
  return claim && isIdentity(claim) ? `process ${claim.pid} on ${claim.host}` : 'another process';
}
