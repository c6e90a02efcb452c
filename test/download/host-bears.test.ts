import test from 'ava';
import { Stage } from './schedule-stage.ts';

const ROWS = 300;
const AT_ONCE = 32;
/** As `schedule-stage.ts` has it. */
const TIMEOUT_MS = 10_000;

interface Tally {
  readonly whole: number;
  readonly refused: number;
  readonly requests: number;
  readonly seconds: number;
}

/** Lets time pass until all rows of one host have ended; what happens in each step decides `step`, which says how many rows ended whole. */
function play(
  stage: Stage,
  stepMs: number,
  step: (begun: readonly string[], nowMs: number) => number,
): Tally {
  stage.offerMany('a', ROWS);
  let [seen, whole, nowMs] = [0, 0, 0];
  while (nowMs < 3_600_000) {
    const begun = stage.admitted.slice(seen);
    seen = stage.admitted.length;
    whole += step(begun, nowMs);
    if (stage.visits.size === 0 && stage.schedule.waitingHosts(1).length === 0) break;
    stage.clock.advance(stepMs);
    nowMs += stepMs;
  }
  return { whole, refused: stage.refused.size, requests: stage.admitted.length, seconds: nowMs / 1000 };
}

/** A line that all bodies share alike; heads come at once. Rows that are not whole within the time of an image have run out of it. */
function thinLine(bytesPerSecond: number, imageBytes: number): Tally {
  const stepMs = 50;
  const stage = new Stage(100, { atOnce: AT_ONCE });
  const missing = new Map<string, { bytes: number; readonly sinceMs: number }>();
  return play(stage, stepMs, (begun, nowMs) => {
    for (const row of begun) {
      missing.set(row, { bytes: imageBytes, sinceMs: nowMs });
      stage.visits.get(row)!.answered();
      stage.visits.get(row)!.bytesCame();
    }
    const each = (bytesPerSecond * stepMs) / 1000 / Math.max(1, missing.size);
    let whole = 0;
    for (const [row, state] of [...missing]) {
      state.bytes -= each;
      const isWhole = state.bytes <= 0;
      if (!isWhole && nowMs - state.sinceMs < TIMEOUT_MS) continue;
      missing.delete(row);
      if (isWhole) {
        whole++;
        stage.visits.get(row)!.ended();
      } else stage.visits.get(row)!.stalled();
      stage.end(row, 'nothing');
    }
    return whole;
  });
}

test('a host behind a thin line is sent what it can deliver in time: 32 images at once would all run out of it', (t) => {
  const { whole, seconds } = thinLine(1_000_000, 500_000);
  t.is(whole, ROWS);
  t.true(seconds <= 1.1 * 150, `${seconds} s, where the line needs 150`);
});

test('a host that was given up since it brought nothing of what it was sent in time is asked for one, then for more', (t) => {
  const stage = new Stage(100, { atOnce: AT_ONCE, coolDownMs: 1_000 });
  stage.offerMany('a', 20);
  const first = [...stage.visits.keys()];
  t.is(first.length, 5);
  for (const row of first) {
    const visit = stage.visits.get(row)!;
    visit.answered();
    visit.bytesCame();
    visit.stalled();
    stage.end(row, 'nothing');
  }
  t.is(stage.refused.size, 15);
  stage.clock.advance(1_000);
  for (let i = 0; i < 9; i++) stage.offer('a', `later${i}`);
  t.deepEqual([...stage.visits.keys()], ['later0']);
  stage.bring('later0');
  t.deepEqual([...stage.visits.keys()], ['later1', 'later2', 'later3', 'later4']);
});

test('a known host that brings nothing of five rows at once is not given up by those: it was sent too much', (t) => {
  const stage = new Stage(100, { atOnce: AT_ONCE, tries: 2 });
  stage.offerMany('a', 200);
  for (let i = 0; i < 20; i++) stage.bring(`a${i}`);
  const before = [...stage.visits.keys()];
  t.is(before.length, AT_ONCE);
  for (const row of before) {
    stage.visits.get(row)!.answered();
    stage.visits.get(row)!.bytesCame();
  }
  for (const row of before) {
    stage.visits.get(row)!.stalled();
    stage.end(row, 'nothing');
  }
  t.is(stage.refused.size, 0);
  t.is(stage.visits.size, AT_ONCE / 2);
});

/**
 * A host that serves so many requests in a second, of which those of one may come at once, and refuses the others, 50 ms after each began.
 * A row that is refused comes again once, after half a second.
 */
function limited(perSecond: number, retryAfterMs: number): Tally {
  const stepMs = 50;
  const stage = new Stage(100, { atOnce: AT_ONCE });
  const again = new Map<string, number>();
  let tokens = perSecond;
  let before: readonly string[] = [];
  return play(stage, stepMs, (begun, nowMs) => {
    tokens = Math.min(perSecond, tokens + (perSecond * stepMs) / 1000);
    let whole = 0;
    for (const row of before) {
      const visit = stage.visits.get(row)!;
      visit.answered();
      if (tokens >= 1) {
        tokens--;
        whole++;
        visit.ended();
      } else {
        visit.overloaded(retryAfterMs);
        if (!row.endsWith('again')) again.set(row, nowMs + 500);
      }
      stage.end(row, 'nothing');
    }
    before = begun;
    for (const [row, dueMs] of [...again]) {
      if (dueMs > nowMs) continue;
      again.delete(row);
      stage.offer('a', `${row} again`, Number(row.slice(1)));
    }
    return whole;
  });
}

for (const [perSecond, retryAfterMs] of [
  [10, 0],
  [10, 1_000],
  [3, 0],
  [100, 0],
] as const) {
  test(`of a host that serves ${perSecond} a second, and says ${retryAfterMs === 0 ? 'nothing of a pause' : 'to wait a second'}, nearly all rows come, at about its rate`, (t) => {
    const { whole, requests, seconds } = limited(perSecond, retryAfterMs);
    const words = `${whole} rows, ${requests} requests, ${seconds} s`;
    t.log(words);
    t.true(whole >= 0.95 * ROWS, words);
    t.true(requests <= 1.25 * ROWS, words);
    t.true(seconds <= 5 + (1.5 * ROWS) / perSecond, words);
  });
}
