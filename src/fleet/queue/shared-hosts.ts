import type { HostAsk, HostBudget, OpenHostBudget } from '../../download/host-budget.ts';
import { ASKS_AT_ONCE, type HostLeases, type LeaseAnswer, type LeaseAsk } from './host-leases.ts';

/** What is due is asked this often; all hosts in one round trip. */
const TICK_MS = 100;
/** Asks of the same moment go together. */
const GATHER_MS = 10;
/** One that got less than it wants asks again after so long. */
const AGAIN_MS = 250;
/** What a host was given and does not need is given back after so long. */
const IDLE_MS = 200;
/** Leases are made anew when this part of them is over. */
const RENEWED_AT = 0.3;
/** Redis that takes longer counts as away. */
const PATIENCE_MS = 2000;
const TRY_AGAIN_MS = 1000;

/** A host of which this process has requests, or wants some. */
interface Host {
  readonly name: string;
  /** This process's own. */
  readonly limit: number;
  /** Of all that share the host, as far as was heard: that of others may be lower. */
  sharedLimit: number;
  inFlight: number;
  /** The most in flight since it was last asked for. */
  peak: number;
  /** Requests that it may have in flight, until its lease ends. */
  granted: number;
  endsMs: number;
  /** What it wanted when it was refused last; 0 where it was not, since. */
  wanted: number;
  askMs: number;
  idleSinceMs: number;
}

/** What was asked for a host, when, and what was answered. */
interface Lease {
  readonly asked: number;
  readonly sentMs: number;
  readonly granted: number;
  readonly sharedLimit: number;
}

/** What is told of the way to Redis. */
export interface SharedHostsOptions {
  readonly leases: HostLeases;
  /** Told when hosts are shared no more, and when they are again; and once, where others have a lower limit. */
  readonly onNote: (text: string) => void;
}

/**
 * Requests at hosts that the workers of a Redis have together: each host's limit is divided among those that want some. Workers lease them for some seconds, so that those
 * of one that died come back. While Redis is away each worker goes on with its part of the limit, as many as there were of them then, and with one at least:
 * nothing waits for Redis.
 */
export function shareHosts({ leases, onNote }: SharedHostsOptions): OpenHostBudget {
  const link = new Link(leases, onNote);
  return (onRoom) => new SharedHosts(link, onRoom);
}

/** Whether Redis is there, and how many share it: the same for all downloads of a process. */
class Link {
  readonly leases: HostLeases;
  readonly #onNote: (text: string) => void;
  processes = 1;
  #isAway = false;
  #triedMs = 0;
  #hasToldLower = false;

  constructor(leases: HostLeases, onNote: (text: string) => void) {
    this.leases = leases;
    this.#onNote = onNote;
  }

  /** undefined where Redis is away. */
  async ask(asks: readonly LeaseAsk[]): Promise<LeaseAnswer | undefined> {
    this.#triedMs = performance.now();
    const answer = this.leases.isConnected
      ? await inTime(this.leases.ask(asks), PATIENCE_MS).catch(() => undefined)
      : undefined;
    if (answer) this.processes = Math.max(1, answer.processes);
    if (this.#isAway === (answer === undefined)) return answer;
    this.#isAway = answer === undefined;
    this.#onNote(
      this.#isAway
        ? `Redis is away: hosts are not shared. Of each host's limit this worker takes its part, one of ${this.processes}, until it is back.`
        : 'Redis is back: hosts are shared again.',
    );
    return answer;
  }

  /** Others say that a host may be asked for less than this process has it. */
  tellLower(host: string, own: number, theirs: number): void {
    if (this.#hasToldLower) return;
    this.#hasToldLower = true;
    this.#onNote(
      `Workers that share hosts by this Redis have a lower limit than this one: ${theirs} requests at ${host}, and not ${own}. The lowest counts for all, for as long as such workers ask.`,
    );
  }

  /** Whether nobody can be asked; a connection that is lost is seen at once, one that is silent by who asks. */
  get isAway(): boolean {
    return this.#isAway || !this.leases.isConnected;
  }

  /** Whether it is time to look whether Redis is back. */
  get isTriedAgain(): boolean {
    return performance.now() - this.#triedMs >= TRY_AGAIN_MS;
  }
}

class SharedHosts implements HostBudget {
  readonly #link: Link;
  readonly #onRoom: (host: string) => void;
  readonly #hosts = new Map<string, Host>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #gathering: NodeJS.Timeout | undefined;
  #isAsking = false;
  #isClosed = false;

  constructor(link: Link, onRoom: (host: string) => void) {
    this.#link = link;
    this.#onRoom = onRoom;
    this.#timer = setInterval(() => void this.#askDue(), TICK_MS);
    this.#timer.unref();
    // A Redis that has lost its data gives the same requests out again until it is told of them.
    this.#stopListening = link.leases.onConnected(() => this.#askAllSoon());
  }

  mayBegin(name: string, { limit, inFlight, wanted }: HostAsk): boolean {
    // A row that asks for another turn while downloads are closed is to fail, and not to wait for what nobody asks for.
    if (this.#isClosed) return true;
    const host = this.#hostOf(name, limit);
    const nowMs = performance.now();
    host.inFlight = inFlight;
    if (inFlight < this.#allowed(host, nowMs)) {
      // Where it was refused a second one before, it still wants that.
      if (host.wanted <= inFlight + 1) host.wanted = 0;
      return true;
    }
    if (host.wanted === 0) host.askMs = Math.min(host.askMs, nowMs);
    host.wanted = Math.max(wanted, inFlight + 1);
    this.#askSoon();
    return false;
  }

  changed(name: string, inFlight: number): void {
    const host = this.#hosts.get(name);
    if (!host) return;
    host.inFlight = inFlight;
    host.peak = Math.max(host.peak, inFlight);
    if (inFlight === 0) host.idleSinceMs = performance.now();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#gathering);
    this.#stopListening();
    const asks = [...this.#hosts.values()].map((host) => ({
      host: host.name,
      limit: host.limit,
      inFlight: 0,
      wanted: 0,
    }));
    this.#hosts.clear();
    // Where that fails, the leases end by themselves.
    for (let from = 0; from < asks.length && !this.#link.isAway; from += ASKS_AT_ONCE)
      void this.#link.leases.ask(asks.slice(from, from + ASKS_AT_ONCE)).catch(() => undefined);
  }

  #hostOf(name: string, limit: number): Host {
    const known = this.#hosts.get(name);
    if (known) return known;
    const nowMs = performance.now();
    const host = {
      name,
      limit,
      sharedLimit: limit,
      inFlight: 0,
      peak: 0,
      granted: 0,
      endsMs: 0,
      wanted: 0,
      askMs: nowMs,
      idleSinceMs: nowMs,
    };
    this.#hosts.set(name, host);
    return host;
  }

  /** Requests that may be in flight now. */
  #allowed({ sharedLimit, granted, endsMs }: Host, nowMs: number): number {
    if (this.#link.isAway) return Math.max(1, Math.floor(sharedLimit / this.#link.processes));
    return nowMs < endsMs ? granted : 0;
  }

  #askSoon(): void {
    if (this.#gathering) return;
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      void this.#askDue();
    }, GATHER_MS);
  }

  #askAllSoon(): void {
    for (const host of this.#hosts.values()) host.askMs = 0;
    this.#askSoon();
  }

  async #askDue(): Promise<void> {
    if (this.#isAsking || this.#isClosed) return;
    if (this.#link.isAway && !this.#link.isTriedAgain) return;
    this.#isAsking = true;
    try {
      const nowMs = performance.now();
      const due = [...this.#hosts.values()].filter((host) => this.#isDue(host, nowMs));
      for (let from = 0; from < due.length && !this.#isClosed; from += ASKS_AT_ONCE)
        if (!(await this.#ask(due.slice(from, from + ASKS_AT_ONCE)))) return this.#goOnAlone();
    } finally {
      this.#isAsking = false;
    }
  }

  #isDue(host: Host, nowMs: number): boolean {
    return this.#link.isAway || nowMs >= host.askMs || isIdle(host, nowMs) || isShrinking(host);
  }

  /** Those that wait go on by themselves; what is kept does not grow however long Redis is away. */
  #goOnAlone(): void {
    const nowMs = performance.now();
    for (const host of [...this.#hosts.values()]) {
      if (isIdle(host, nowMs)) this.#hosts.delete(host.name);
      else if (host.wanted > 0) this.#onRoom(host.name);
    }
  }

  /** Whether there was an answer. */
  async #ask(hosts: readonly Host[]): Promise<boolean> {
    const sentMs = performance.now();
    const asks = hosts.map((host) => {
      const wanted = isIdle(host, sentMs) ? 0 : Math.max(host.wanted, host.peak, host.inFlight);
      host.peak = host.inFlight;
      return { host: host.name, limit: host.limit, inFlight: host.inFlight, wanted };
    });
    const answer = await this.#link.ask(asks);
    if (this.#isClosed || !answer) return this.#isClosed;
    for (const [i, host] of hosts.entries())
      this.#take(host, {
        ...{ asked: asks[i]!.wanted, sentMs },
        ...{ granted: answer.granted[i]!, sharedLimit: answer.limits[i]! },
      });
    return true;
  }

  #take(host: Host, { asked, sentMs, granted, sharedLimit }: Lease): void {
    const { leaseMs } = this.#link.leases;
    host.sharedLimit = sharedLimit;
    if (sharedLimit < host.limit) this.#link.tellLower(host.name, host.limit, sharedLimit);
    if (asked === 0 && host.wanted === 0 && host.inFlight === 0) {
      this.#hosts.delete(host.name);
      return;
    }
    host.granted = granted;
    host.endsMs = sentMs + leaseMs;
    host.askMs = sentMs + (granted < Math.max(asked, host.wanted) ? AGAIN_MS : RENEWED_AT * leaseMs);
    if (host.inFlight === 0) host.idleSinceMs = performance.now();
    if (host.wanted === 0 || granted <= host.inFlight) return;
    host.wanted = 0;
    this.#onRoom(host.name);
  }
}

/** Whether it needs nothing of what it has. */
function isIdle({ inFlight, wanted, idleSinceMs }: Host, nowMs: number): boolean {
  return inFlight === 0 && wanted === 0 && nowMs - idleSinceMs >= IDLE_MS;
}

/** Whether it was to have fewer than were in flight, and some of those have ended: others wait for them. */
function isShrinking({ inFlight, peak, granted }: Host): boolean {
  return granted < peak && inFlight < peak;
}

async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
