import type { HostLine } from './host-line.ts';

/** Hosts without rows of which something is remembered, and beside them those that are to be left alone or asked slowly. */
const MAX_HOSTS = 20_000;
const MAX_HELD_BACK = 20_000;

/**
 * The hosts that have no rows. Of too many the one that has had none for longest is to be forgotten; if it is paused, given up, or
 * has asked for a pace, that is only once there are too many of those as well: what a host asked for is not lost among others.
 */
export class IdleHosts {
  readonly #hosts = new Set<HostLine>();
  readonly #heldBack = new Set<HostLine>();

  /** Adds a host, as the latest; gives the one that is to be forgotten, unless it has rows again. */
  add(line: HostLine, nowMs: number): HostLine | undefined {
    this.#hosts.delete(line);
    this.#heldBack.delete(line);
    this.#hosts.add(line);
    const oldest = oldestOf(this.#hosts, MAX_HOSTS);
    if (!oldest?.isHeldBack(nowMs)) return oldest;
    this.#heldBack.add(oldest);
    return oldestOf(this.#heldBack, MAX_HELD_BACK);
  }
}

/** Takes the oldest out of too many. */
function oldestOf(lines: Set<HostLine>, most: number): HostLine | undefined {
  if (lines.size <= most) return undefined;
  const [oldest] = lines;
  lines.delete(oldest!);
  return oldest;
}
