/** What a process asks for a host. */
export interface HostAsk {
  /** Requests that may be in flight to the host, of all processes together. */
  readonly limit: number;
  /** Requests of this process that are. */
  readonly inFlight: number;
  /** Requests that it could have in flight now. */
  readonly wanted: number;
}

/** Requests to hosts that this process shares with others. It is asked right before a request begins, and answers at once. */
export interface HostBudget {
  /** Whether a request may begin. Where it may not, whoever opened the budget is told once it may be asked again. */
  mayBegin(host: string, ask: HostAsk): boolean;
  /** A request to the host has begun or ended, which this process had leave for or not; so many are in flight now. */
  changed(host: string, inFlight: number): void;
  /** Gives everything back. */
  close(): void;
}

/** @param onRoom told of a host that may be asked for again */
export type OpenHostBudget = (onRoom: (host: string) => void) => HostBudget;
