import TinyQueue from 'tinyqueue';
import type { Clock } from '../base/clock.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { failed, notAskedNow } from './failures.ts';
import type { HostBudget, OpenHostBudget } from './host-budget.ts';
import { HostLine, type LineLimits } from './host-line.ts';
import { type RulesOfHost, withoutFinalDot } from './host-rules.ts';
import { HostVisit, type Slot, type VisitWatch } from './host-visit.ts';
import { IdleHosts } from './idle-hosts.ts';
import { RecentRate } from './recent-rate.ts';
import type { Ticket } from './tickets.ts';
import type { Visit } from './visit.ts';
import { type HangingRequests, hangingRequests, type WaitingHost, waitingHosts } from './waiting-hosts.ts';

/** The host of a request, as far as it decides what the request costs. */
export interface SlotHost {
  /** Whether it has not answered yet, or not lately. */
  readonly isSilent: boolean;
  /** Of its requests those that have waited long; kept by the slots. */
  patientRequests: number;
}

/** How many requests may be in flight in all. */
export interface Slots {
  hasRoom(): boolean;
  take(host: SlotHost): Slot;
}

/** Of what is asked past all queues. */
const NO_SLOT: Slot = { answered: () => undefined, bodyCame: () => undefined, free: () => undefined };

/** What decides when rows are sent. */
export interface ScheduleOptions extends LineLimits {
  readonly slots: Slots;
  readonly rulesOf: RulesOfHost;
  readonly clock: Clock;
  /** Where hosts are shared with other processes. */
  readonly openHostBudget?: OpenHostBudget | undefined;
}

interface Ready {
  readonly line: HostLine;
  readonly place: number;
}

const STUCK_MESSAGE = 'The host begins its answers and does not end them: not asked';

/**
 * Decides which row sends its request next. Rows wait in a queue per host; of the hosts that may be sent a request now,
 * the one goes first whose first row came first. So no row waits for another host than its own, and rows end about in
 * the order in which they came.
 */
export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #lines = new Map<string, HostLine>();
  readonly #idle = new IdleHosts();
  readonly #ready = new TinyQueue<Ready>([], (a, b) => a.place - b.place);
  #isPaused = false;
  #isPumping = false;
  #rows = 0;
  /** The row that came last of those that have been sent. */
  #lastSent = 0;
  readonly #sent: RecentRate;
  readonly #budget: HostBudget | undefined;
  readonly #watch: VisitWatch = {
    nowMs: () => this.#nowMs,
    hasRoom: (line) => {
      this.#look(line);
      this.admitReady();
    },
    slotFree: () => this.admitReady(),
    left: (line) => {
      line.movedAtMs = this.#nowMs;
      this.#budget?.changed(line.host, line.inFlight);
      this.#look(line);
      this.#rememberIdle(line);
      this.admitReady();
    },
  };

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#sent = new RecentRate(() => this.#nowMs);
    this.#budget = options.openHostBudget?.((host) => {
      const line = this.#lines.get(host);
      if (!line) return;
      this.#look(line);
      this.admitReady();
    });
  }

  /** The place of a row that comes now; it keeps it for all its requests. */
  nextOrder(): number {
    return this.#rows++;
  }

  /** Queues a row for a host. `isBegun`: it has been sent to a host before, and goes first. */
  offer(host: string, ticket: Ticket, isBegun: boolean): void {
    const line = this.#lineOf(host);
    line.push(ticket, isBegun);
    this.#look(line);
    this.#rememberIdle(line);
    this.admitReady();
  }

  /** A visit that waits for nobody, for questions that are about this machine rather than the host. */
  visitAtOnce(host: string): Visit {
    const line = this.#lineOf(host);
    const visit = new HostVisit(this.#watch, line, NO_SLOT);
    this.#budget?.changed(line.host, line.inFlight);
    return visit;
  }

  /**
   * Whether a row of a host has its turn within `withinMs`, if requests begin as fast as in the last second, and among the next
   * `withinRows` rows. Where none waits for it, one may be the next to come.
   */
  isAskedSoon(host: string, withinMs: number, withinRows: number): boolean {
    const next = this.#lines.get(withoutFinalDot(host))?.nextPlace ?? this.#rows;
    return next - this.#lastSent <= Math.min(withinRows, (this.#sent.perSecond * withinMs) / 1000);
  }

  /** Begins no two requests to a host within this time. */
  slowDown(host: string, ms: number): void {
    const line = this.#lineOf(host);
    line.slowDown(ms, this.#nowMs);
    this.#rememberIdle(line);
  }

  /** Lets no request begin until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.admitReady();
  }

  /** Forgets which hosts were silent: it was not their fault. */
  forgetSilence(): void {
    for (const line of this.#lines.values()) line.breaker.reset();
  }

  /** Refuses all rows that wait. */
  close(failure: SampleFailure): void {
    for (const line of this.#lines.values()) {
      line.cancelAlarm?.();
      refuseAll(line, failure);
    }
    this.#budget?.close();
  }

  /** The hosts that are waited for, as `waitingHosts` has them. It looks at all hosts, and is for now and then. */
  waitingHosts(most: number): readonly WaitingHost[] {
    return waitingHosts(this.#lines.values(), most, this.#nowMs);
  }

  /** The requests that hang, and the hosts with most of them. For now and then, too. */
  hangingRequests(most: number): HangingRequests {
    return hangingRequests(this.#lines.values(), most, this.#nowMs);
  }

  /** Sends what can be sent; called by whoever has made room for it. */
  admitReady(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.#isPaused && this.#options.slots.hasRoom()) {
      const line = this.#nextReady();
      if (!line) break;
      this.#admit(line);
    }
    this.#isPumping = false;
  }

  #nextReady(): HostLine | undefined {
    for (let entry = this.#ready.pop(); entry; entry = this.#ready.pop()) {
      const { line, place } = entry;
      if (line.readyAt !== place) continue;
      line.readyAt = undefined;
      // Its first row may have been given up, or the host may have been paused since.
      if (line.nextPlace === place && this.#isReady(line)) {
        if (this.#mayBegin(line)) return line;
        // It is looked at again once others have left room.
        continue;
      }
      this.#look(line);
    }
    return undefined;
  }

  /** Whether other processes leave room at the host; asked only when it has its turn, as what is given and not used is lost to them. */
  #mayBegin(line: HostLine): boolean {
    if (!this.#budget || line.limit === Number.POSITIVE_INFINITY) return true;
    const { host, inFlight, rows, limit } = line;
    const wanted = Math.min(rows, line.mostAtOnce(this.#nowMs));
    line.lacksShare = !this.#budget.mayBegin(host, { limit, inFlight, wanted });
    return !line.lacksShare;
  }

  #admit(line: HostLine): void {
    const ticket = line.take(this.#nowMs);
    this.#lastSent = Math.max(this.#lastSent, ticket.order);
    this.#sent.count();
    if (line.inFlight === 0) line.movedAtMs = this.#nowMs;
    const visit = new HostVisit(this.#watch, line, this.#options.slots.take(line));
    this.#budget?.changed(line.host, line.inFlight);
    this.#look(line);
    ticket.admit(visit);
  }

  /** Puts a host among those that are ready, or sees to it that it is looked at when it may be. */
  #look(line: HostLine): void {
    const place = line.nextPlace;
    if (place === undefined) return;
    const refusal = this.#refusalOf(line);
    if (refusal) refuseAll(line, refusal);
    else if (this.#isReady(line) && (line.readyAt === undefined || place < line.readyAt)) {
      line.readyAt = place;
      this.#ready.push({ line, place });
    }
  }

  #refusalOf(line: HostLine): SampleFailure | undefined {
    const { breaker } = line;
    if (breaker.rowsAtOnce(this.#nowMs) === 0)
      return breaker.isStuck ? notAskedNow('host_unresponsive', STUCK_MESSAGE) : failed('host_unresponsive');
    const isTooLong = line.isPausedTooLong(this.#nowMs);
    return isTooLong ? notAskedNow('http_too_many_requests') : undefined;
  }

  #isReady(line: HostLine): boolean {
    const waitMs = line.waitMs(this.#nowMs);
    if (waitMs > 0 && waitMs < Number.POSITIVE_INFINITY) this.#lookLater(line, waitMs);
    return waitMs === 0;
  }

  #lookLater(line: HostLine, ms: number): void {
    line.cancelAlarm?.();
    line.cancelAlarm = this.#options.clock.after(ms, () => {
      line.cancelAlarm = undefined;
      this.#look(line);
      this.#rememberIdle(line);
      this.admitReady();
    });
  }

  #lineOf(hostOfUrl: string): HostLine {
    const host = withoutFinalDot(hostOfUrl);
    const known = this.#lines.get(host);
    if (known) return known;
    const line = new HostLine(host, this.#options.rulesOf(host), this.#nowMs, this.#options);
    this.#lines.set(host, line);
    return line;
  }

  /** A line in `#idle` may have got rows since; it comes back here when they have ended. */
  #rememberIdle(line: HostLine): void {
    if (!line.isIdle) return;
    const oldest = this.#idle.add(line, this.#nowMs);
    if (!oldest?.isIdle) return;
    oldest.cancelAlarm?.();
    this.#lines.delete(oldest.host);
  }

  get #nowMs(): number {
    return this.#options.clock.nowMs();
  }
}

function refuseAll(line: HostLine, failure: SampleFailure): void {
  for (const ticket of line.clear()) ticket.refuse(failure);
}
