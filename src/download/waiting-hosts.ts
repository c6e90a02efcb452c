import type { HostLine } from './host-line.ts';

/** A host that rows wait for. */
export interface WaitingHost {
  readonly host: string;
  /** Rows that wait for it, or for its answer. */
  readonly rows: number;
  /** What they wait for, in words: `paused for 40 s`. */
  readonly why: string;
}

/** Requests to hosts at which none has ended for a while. */
export interface HangingRequests {
  /** At all such hosts. */
  readonly requests: number;
  /** The hosts with the most of them, most first. */
  readonly hosts: readonly string[];
}

/** At a host at which no request has ended for so long, those in flight hang; sound hosts answer and send an image within it. */
const HANGING_MS = 2_000;

/**
 * The hosts with the most rows, most first; where rows wait only because no request is free for them, the hosts at which
 * requests hang, those with the most requests first: the others are waited for because of these.
 */
export function waitingHosts(lines: Iterable<HostLine>, most: number, nowMs: number): readonly WaitingHost[] {
  const busy = [...lines].filter(({ rows }) => rows > 0);
  const hanging = busy.some((line) => line.lacksRequest(nowMs)) ? hangingOf(busy, nowMs) : [];
  if (hanging.length > 0) {
    return hanging.slice(0, most).map((line) => ({
      ...{ host: line.host, rows: line.rows },
      why: `${countOf(line.inFlight)} in flight, none ended for ${Math.floor((nowMs - line.movedAtMs) / 1000)} s`,
    }));
  }
  const sorted = busy.sort((a, b) => b.rows - a.rows).slice(0, most);
  return sorted.map((line) => ({ host: line.host, rows: line.rows, why: line.whyWaits(nowMs) }));
}

/** The requests that hang, and the `most` hosts that have the most of them. */
export function hangingRequests(lines: Iterable<HostLine>, most: number, nowMs: number): HangingRequests {
  const hanging = hangingOf(lines, nowMs);
  return {
    requests: hanging.reduce((sum, { inFlight }) => sum + inFlight, 0),
    hosts: hanging.slice(0, most).map(({ host }) => host),
  };
}

function hangingOf(lines: Iterable<HostLine>, nowMs: number): HostLine[] {
  const hanging = [...lines].filter(
    ({ inFlight, movedAtMs }) => inFlight > 0 && nowMs - movedAtMs >= HANGING_MS,
  );
  return hanging.sort((a, b) => b.inFlight - a.inFlight);
}

function countOf(requests: number): string {
  return requests === 1 ? '1 request' : `${requests} requests`;
}
