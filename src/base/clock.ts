/** What limits of time run by. */
export interface Clock {
  /** Milliseconds since some moment; they never go back. */
  nowMs(): number;
  /** Calls `action` once `ms` have passed, unless what it gives is called before. */
  after(ms: number, action: () => void): () => void;
}

/** The longest time that Node's timers take (setTimeout: 2^31 - 1 ms, 24.8 days); a longer one rings at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clock of this machine. */
export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  after: (ms, action) => {
    if (ms > MAX_TIMER_MS) return afterLong(ms, action);
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

function afterLong(ms: number, action: () => void): () => void {
  let cancel = SYSTEM_CLOCK.after(MAX_TIMER_MS, () => {
    cancel = SYSTEM_CLOCK.after(ms - MAX_TIMER_MS, action);
  });
  return () => cancel();
}
