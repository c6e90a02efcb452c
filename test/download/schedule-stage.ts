import { type HostRules, usualRules } from '../../src/download/host-rules.ts';
import { Schedule } from '../../src/download/schedule.ts';
import { RequestSlots } from '../../src/download/slots.ts';
import type { Visit } from '../../src/download/visit.ts';
import type { SampleFailure } from '../../src/samples/reasons.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

/** Of a host that asks for a long pause. */
export const TOO_LONG: SampleFailure = {
  kind: 'failed',
  reason: 'http_too_many_requests',
  message: 'too long',
};

/** A schedule whose hosts do nothing by themselves. */
export class Stage {
  readonly clock = new ManualClock();
  readonly schedule: Schedule;
  /** Rows in the order in which they were admitted, and their visits. */
  readonly admitted: string[] = [];
  readonly visits = new Map<string, Visit>();
  readonly refused = new Map<string, SampleFailure>();

  constructor(width: number, rules: Partial<HostRules> = {}) {
    this.schedule = new Schedule({
      slots: new RequestSlots({
        most: width,
        budget: { hasRoom: () => true },
        clock: this.clock,
        onRoom: () => undefined,
      }),
      rulesOf: () => ({ ...usualRules(Number.POSITIVE_INFINITY), ...rules }),
      longestPauseMs: 10_000,
      clock: this.clock,
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

  endAll(rows: Iterable<string>, how: 'answered' | 'silent' | 'nothing'): void {
    for (const row of [...rows]) this.end(row, how);
  }
}
