import type { TrainProgress } from '../learn/options.ts';

const EVERY_MS = 3000;

/** Says on stderr now and then what is being done, how far, and about how long it will still take. */
export function trainProgress(now: () => number = Date.now): Omit<TrainProgress, 'signal'> {
  let current = '';
  let startedMs = 0;
  let saidMs = 0;
  return {
    note: (message) => process.stderr.write(`${message}\n`),
    advance: (what, done, total, unit) => {
      const nowMs = now();
      if (what !== current) {
        current = what;
        startedMs = nowMs;
        saidMs = nowMs;
      }
      if (nowMs - saidMs < EVERY_MS) return;
      saidMs = nowMs;
      const left =
        total !== undefined && done > 0 ? ((nowMs - startedMs) / done) * (total - done) : undefined;
      const eta = left === undefined ? '' : `, ${Math.ceil(left / 1000)} s left`;
      process.stderr.write(`${what}  ${done}${total === undefined ? '' : `/${total}`} ${unit}${eta}\n`);
    },
  };
}
