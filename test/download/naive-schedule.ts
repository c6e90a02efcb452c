import fc from 'fast-check';
import type { HostRules } from '../../src/download/host-rules.ts';

/** What can happen to a schedule. */
export type Step =
  | { readonly kind: 'offer'; readonly host: number; readonly isBegun: boolean }
  | { readonly kind: 'end'; readonly which: number; readonly how: 'answered' | 'silent' | 'nothing' }
  | { readonly kind: 'wait'; readonly ms: number };

interface Waiting {
  readonly row: string;
  readonly order: number;
  readonly isBegun: boolean;
}

/** What the schedule should do, in the plainest way: looks at every row after every step. */
export class NaiveSchedule {
  readonly admitted: string[] = [];
  readonly refused: string[] = [];
  readonly running = new Map<string, number>();
  readonly #hosts: {
    waiting: Waiting[];
    silentRows: number;
    known: boolean;
    openUntilMs: number | undefined;
  }[];
  readonly #width: number;
  readonly #rules: HostRules;
  #nowMs = 0;

  constructor(hosts: number, width: number, rules: HostRules) {
    this.#hosts = Array.from({ length: hosts }, () => ({
      ...{ waiting: [], silentRows: 0, known: false, openUntilMs: undefined },
    }));
    this.#width = width;
    this.#rules = rules;
  }

  offer(host: number, waiting: Waiting): void {
    this.#hosts[host]!.waiting.push(waiting);
    this.#settle();
  }

  wait(ms: number): void {
    this.#nowMs += ms;
  }

  end(row: string, how: 'answered' | 'silent' | 'nothing'): void {
    const host = this.#hosts[this.running.get(row)!]!;
    this.running.delete(row);
    if (how === 'answered') Object.assign(host, { silentRows: 0, known: true, openUntilMs: undefined });
    if (how === 'silent') {
      host.silentRows++;
      const { tries, coolDownMs } = this.#rules;
      const opens =
        host.openUntilMs === undefined
          ? host.silentRows >= (host.known ? 2 * tries : tries)
          : this.#nowMs >= host.openUntilMs;
      if (opens) host.openUntilMs = this.#nowMs + coolDownMs;
    }
    this.#settle();
  }

  #settle(): void {
    for (const host of this.#hosts) {
      if (host.openUntilMs === undefined || this.#nowMs >= host.openUntilMs) continue;
      this.refused.push(...host.waiting.splice(0).map(({ row }) => row));
    }
    while (this.running.size < this.#width) {
      const next = this.#next();
      if (!next) return;
      const { waiting } = this.#hosts[next.host]!;
      waiting.splice(waiting.indexOf(next.first), 1);
      this.running.set(next.first.row, next.host);
      this.admitted.push(next.first.row);
    }
  }

  #next(): { host: number; first: Waiting } | undefined {
    const firsts = this.#hosts.flatMap(({ waiting, known, silentRows, openUntilMs }, host) => {
      const inFlight = [...this.running.values()].filter((other) => other === host).length;
      const granted = (known ? 2 : 1) * this.#rules.tries - silentRows;
      const most = openUntilMs !== undefined ? 1 : known && silentRows === 0 ? this.#rules.atOnce : granted;
      const first = waiting.find(({ isBegun }) => isBegun) ?? waiting[0];
      return first && inFlight < Math.min(most, this.#rules.atOnce) ? [{ host, first }] : [];
    });
    const before = (a: Waiting, b: Waiting): number =>
      Number(b.isBegun) - Number(a.isBegun) || a.order - b.order;
    return firsts.sort((a, b) => before(a.first, b.first))[0];
  }
}

/** Hosts that the steps are about. */
export const HOSTS = 4;

/** Any of them. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('offer' as const),
      host: fc.nat(HOSTS - 1),
      isBegun: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(),
      how: fc.constantFrom('answered' as const, 'silent' as const, 'silent' as const, 'nothing' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(1500) }) },
);
