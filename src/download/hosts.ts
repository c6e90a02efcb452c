import type { Deadline } from './deadline.ts';

/** Leave to send one request to a host, until it is handed back. */
export interface HostVisit {
  leave(): void;
}

/**
 * Decides when a host may be sent a request. Rules about hosts (how many at once, whether at all) live behind
 * this; a redirect enters the host that it points to, and a retry enters anew.
 */
export interface HostGate {
  /** Waits for leave. The deadline's clock stands still meanwhile; its signal still ends the wait. */
  enter(hostname: string, deadline: Deadline): Promise<HostVisit>;
}

interface HostState {
  inFlight: number;
  readonly waiting: Set<() => void>;
}

/**
 * At most `perHost` requests in flight to one host, served in order. A waiting download holds no connection and no
 * memory budget, so it is in nobody's way but its caller's; a host without requests is not remembered.
 */
export class PerHostGate implements HostGate {
  readonly #perHost: number;
  readonly #hosts = new Map<string, HostState>();

  constructor(perHost: number) {
    this.#perHost = perHost;
  }

  async enter(hostname: string, deadline: Deadline): Promise<HostVisit> {
    const host = this.#stateOf(hostname);
    if (host.inFlight >= this.#perHost) await this.#waitTurn(host, deadline);
    else host.inFlight++;
    return { leave: once(() => this.#leave(hostname, host)) };
  }

  /** The slot is handed over by the one that leaves, so `inFlight` stays as it is. */
  async #waitTurn(host: HostState, deadline: Deadline): Promise<void> {
    deadline.pause();
    try {
      await deadline.wait<void>(({ resolve }) => {
        host.waiting.add(resolve);
        return () => host.waiting.delete(resolve);
      });
    } finally {
      deadline.resume();
    }
  }

  #leave(hostname: string, host: HostState): void {
    const [next] = host.waiting;
    if (next) {
      host.waiting.delete(next);
      next();
    } else {
      host.inFlight--;
      if (host.inFlight === 0) this.#hosts.delete(hostname);
    }
  }

  #stateOf(hostname: string): HostState {
    const known = this.#hosts.get(hostname);
    if (known) return known;
    const host: HostState = { inFlight: 0, waiting: new Set() };
    this.#hosts.set(hostname, host);
    return host;
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
