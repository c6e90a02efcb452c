import type { TrainProgress } from '../learn/options.ts';
import { withUrls } from '../storage/copied-urls.ts';

const EVERY_MS = 3000;

/** Says on stderr now and then what is being done, how far, and about how long it will still take. */
export function trainProgress(
  now: () => number = Date.now,
  write: (text: string) => void = (text) => process.stderr.write(text),
): Omit<TrainProgress, 'signal'> {
  let current = '';
  let startedMs = 0;
  let doneBefore = 0;
  let saidMs = 0;
  return {
    note: (message) => write(`${withUrls(message)}\n`),
    advance: (what, done, total, unit) => {
      const nowMs = now();
      if (what !== current) {
        current = what;
        startedMs = nowMs;
        // Of what is gone on with, an earlier time has done a part.
        doneBefore = done;
        saidMs = nowMs;
      }
      if (nowMs - saidMs < EVERY_MS) return;
      saidMs = nowMs;
      const msEach = (nowMs - startedMs) / (done - doneBefore);
      const left = total !== undefined && done > doneBefore ? msEach * (total - done) : undefined;
      const eta = left === undefined ? '' : `, ${Math.ceil(left / 1000)} s left`;
      write(`${what}  ${done}${total === undefined ? '' : `/${total}`} ${unit}${eta}\n`);
    },
  };
}
