import type { Clock } from '../../src/base/clock.ts';
import { type HostRules, usualRules } from '../../src/download/host-rules.ts';
import { Schedule } from '../../src/download/schedule.ts';
import { RequestSlots } from '../../src/download/slots.ts';
import type { Visit } from '../../src/download/visit.ts';
import { WidthControl } from '../../src/download/width.ts';
import type { SampleFailure } from '../../src/samples/reasons.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

/** Of a schedule that is closed. */
export const CLOSED: SampleFailure = { kind: 'failed', reason: 'connect_failed', message: 'closed' };

/** As many sockets as there may be where the width is found out. */
const MOST_SOCKETS = 4096;

/** A schedule whose hosts do nothing by themselves. */
export class Stage {
  readonly clock = new ManualClock();
  readonly slots: RequestSlots;
  readonly schedule: Schedule;
  /** Rows in the order in which they were admitted, and their visits. */
  readonly admitted: string[] = [];
  readonly visits = new Map<string, Visit>();
  readonly refused = new Map<string, SampleFailure>();

  /**
   * @param width `auto` for one that could be found out, and stays as it begins: the stages behind have enough to do
   * @param seenAs what time is told by, of `clock`
   */
  constructor(
    width: number | 'auto',
    rules: Partial<HostRules> = {},
    seenAs: (clock: Clock) => Clock = (clock) => clock,
  ) {
    const clock = seenAs(this.clock);
    this.slots = this.#slots(width, clock);
    this.schedule = new Schedule({
      slots: this.slots,
      rulesOf: () => ({ ...usualRules(Number.POSITIVE_INFINITY), ...rules }),
      silentAtOnce: Number.POSITIVE_INFINITY,
      timeoutMs: 10_000,
      headersTimeoutMs: 7_000,
      clock,
    });
  }

  offer(host: string, row: string, begunAs?: number): void {
    this.schedule.offer(
      host,
      {
        order: begunAs ?? this.schedule.nextOrder(),
        isGivenUp: false,
        admit: (visit) => {
          this.admitted.push(row);
          this.visits.set(row, visit);
        },
        refuse: (failure) => this.refused.set(row, failure),
      },
      begunAs !== undefined,
    );
  }

  /** Offers rows `<host>0`, `<host>1`, ... */
  offerMany(host: string, count: number): void {
    for (let i = 0; i < count; i++) this.offer(host, `${host}${i}`);
  }

  end(row: string, how: 'answered' | 'silent' | 'nothing'): void {
    const visit = this.visits.get(row)!;
    this.visits.delete(row);
    // Judged before it is over: so its place at the host and its slot are free at the same time.
    if (how !== 'nothing') visit[how]();
    visit.judged();
    visit.over();
  }

  /** The row's answer comes whole. */
  bring(row: string): void {
    const visit = this.visits.get(row)!;
    visit.answered();
    visit.ended();
    this.end(row, 'nothing');
  }

  /** Has a host bring so many whole answers that it is sent a hundred rows at once. */
  makeKnown(host: string): void {
    for (let i = 0; i < 40; i++) {
      this.offer(host, `known ${i}`);
      this.bring(`known ${i}`);
    }
  }

  endAll(rows: Iterable<string>, how: 'answered' | 'silent' | 'nothing'): void {
    for (const row of [...rows]) this.end(row, how);
  }

  #slots(width: number | 'auto', clock: Clock): RequestSlots {
    const shared = {
      budget: { hasRoom: () => true, isWaitedFor: false },
      clock,
      onRoom: () => this.schedule.admitReady(),
    };
    if (width !== 'auto') return new RequestSlots({ ...shared, most: width });
    const load = { busyShare: () => 0.9, isHungry: () => false };
    return new RequestSlots({
      ...{ ...shared, most: MOST_SOCKETS, width: new WidthControl(MOST_SOCKETS, load, clock) },
    });
  }
}
