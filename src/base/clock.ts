/** What limits of time run by. */
export interface Clock {
  /** Milliseconds since some moment; they never go back. */
  nowMs(): number;
  /** Calls `action` once `ms` have passed, unless what it gives is called before. */
  after(ms: number, action: () => void): () => void;
}

/** The clock of this machine. */
export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};
