import { getDomain } from 'tldts';
import { RecentMap } from '../base/recent-map.ts';

interface Zone {
  failures: number;
  untilMs: number;
}

/** Names of one owner that fail in a row before the rest of them is taken to fail, too. */
const FAILURES_OF_A_DEAD_ZONE = 8;
const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 60_000;
const MAX_ZONES = 10_000;

/**
 * Remembers the domains whose name servers fail: a thousand names of one such domain are not asked for one by one, but
 * one from time to time, until it is answered. Domains are those of the public suffix list: `a.example.co.uk` and
 * `b.example.co.uk` have one owner, `a.blogspot.com` and `b.blogspot.com` two.
 */
export class DeadZones {
  readonly #zones = new RecentMap<string, Zone>(MAX_ZONES);
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether a name may be asked for now. Of a dead zone, one may after each pause. */
  mayAsk(name: string): boolean {
    if (this.#zones.size === 0) return true;
    const zone = this.#zones.get(zoneOf(name));
    if (!zone || zone.failures < FAILURES_OF_A_DEAD_ZONE) return true;
    if (zone.untilMs > this.#nowMs()) return false;
    zone.untilMs = this.#nowMs() + FIRST_PAUSE_MS;
    return true;
  }

  failed(name: string): void {
    const key = zoneOf(name);
    const zone = this.#zones.get(key) ?? { failures: 0, untilMs: 0 };
    zone.failures++;
    const pauses = zone.failures - FAILURES_OF_A_DEAD_ZONE;
    if (pauses >= 0) zone.untilMs = this.#nowMs() + Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** pauses);
    this.#zones.set(key, zone);
  }

  /** The name servers of this name's zone gave an answer, be it that there is no such name. */
  answered(name: string): void {
    if (this.#zones.size > 0) this.#zones.delete(zoneOf(name));
  }

  forget(): void {
    this.#zones.clear();
  }
}

function zoneOf(name: string): string {
  return getDomain(name, { allowPrivateDomains: true, validateHostname: false }) ?? name;
}
