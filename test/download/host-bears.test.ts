import test from 'ava';
import { HostWidth } from '../../src/download/host-width.ts';
import type { Refusal } from '../../src/download/visit.ts';
import { Stage } from './schedule-stage.ts';

const ROWS = 300;
const AT_ONCE = 32;
/** As `schedule-stage.ts` has it. */
const TIMEOUT_MS = 10_000;
const LIMITS = { timeoutMs: TIMEOUT_MS, headersTimeoutMs: 7_000 };

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

/** A host whose every body takes so long, however many it sends; each `every`th stops after its first bytes. */
function slowEach(bodyMs: number, every: number, rows: { most: number } = { most: 0 }): Tally {
  const stage = new Stage(100, { atOnce: AT_ONCE });
  const endsMs = new Map<string, number>();
  return play(stage, 50, (begun, nowMs) => {
    for (const row of begun) {
      const visit = stage.visits.get(row)!;
      visit.answered();
      visit.bytesCame();
      const isStalled = Number(row.slice(1)) % every === 1;
      endsMs.set(row, nowMs + (isStalled ? TIMEOUT_MS / 2 : bodyMs));
    }
    rows.most = Math.max(rows.most, stage.visits.size);
    let whole = 0;
    for (const [row, endMs] of [...endsMs]) {
      if (endMs > nowMs) continue;
      endsMs.delete(row);
      const isStalled = Number(row.slice(1)) % every === 1;
      if (isStalled) stage.visits.get(row)!.stalled();
      else {
        whole++;
        stage.visits.get(row)!.ended();
      }
      stage.end(row, 'nothing');
    }
    return whole;
  });
}

for (const bodyMs of [3_000, 3_500])
  test(`a host whose bodies take ${bodyMs / 1000} s each, one or many, is sent as many as it may, though images stall`, (t) => {
    const seen = { most: 0 };
    const { whole, seconds } = slowEach(bodyMs, 20, seen);
    t.is(whole, ROWS - ROWS / 20);
    t.is(seen.most, AT_ONCE);
    // At 32 from the first on it would take ten rounds; what finds out that it bears 32 takes three more.
    t.true(seconds <= (13 * bodyMs) / 1000, `${seconds} s`);
  });

/** A host whose every head takes so long: of all that it is sent at once, or each after the one before. */
function thinking(headMs: number, how: 'at once' | 'in turn', seen: { most: number }): Tally {
  const stage = new Stage(100, { atOnce: AT_ONCE });
  const stepMs = 50;
  const waiting: { readonly row: string; readonly sinceMs: number }[] = [];
  let freeMs = 0;
  return play(stage, stepMs, (begun, nowMs) => {
    for (const row of begun) waiting.push({ row, sinceMs: nowMs });
    seen.most = Math.max(seen.most, stage.visits.size);
    let whole = 0;
    for (let first = waiting[0]; first; first = waiting[0]) {
      const startMs = how === 'at once' ? first.sinceMs : Math.max(first.sinceMs, freeMs);
      if (nowMs < startMs + headMs) break;
      freeMs = nowMs;
      waiting.shift();
      stage.bring(first.row);
      whole++;
    }
    return whole;
  });
}

for (const headMs of [500, 3_000, 5_000])
  test(`a host that thinks ${headMs / 1000} s about each of many at once is sent as many as it may`, (t) => {
    const seen = { most: 0 };
    const { whole, seconds } = thinking(headMs, 'at once', seen);
    t.deepEqual([whole, seen.most], [ROWS, AT_ONCE]);
    t.true(seconds <= (12 * headMs) / 1000, `${seconds} s`);
  });

for (const headMs of [200, 500, 1_000])
  test(`a host that thinks ${headMs / 1000} s about one after the other is sent few, none of which waits much longer than a head may take`, (t) => {
    const seen = { most: 0 };
    const { whole } = thinking(headMs, 'in turn', seen);
    t.is(whole, ROWS);
    t.true(seen.most * headMs <= 1.25 * LIMITS.headersTimeoutMs, `${seen.most} at once`);
  });

test('a host that is asked for one at a time is sent two after a body that took long, and seldom where two are too many', (t) => {
  const width = new HostWidth(LIMITS);
  width.gaveNothing();
  const bodiesUntilTwo: number[] = [];
  for (let i = 0; i < 3; i++) {
    let bodies = 0;
    for (; width.atOnce < 2 && bodies < 10; bodies++)
      width.bore(width.cuts, { headMs: 0, bodyMs: 0.9 * TIMEOUT_MS });
    bodiesUntilTwo.push(bodies);
    width.overran(width.cuts, 2, false);
  }
  t.deepEqual(bodiesUntilTwo, [1, 2, 4]);
});

test('an image that stalls where others come quickly takes nothing from a host; where they come slowly it does', (t) => {
  const quick = new HostWidth(LIMITS);
  quick.bore(0, { headMs: 0, bodyMs: 0.1 * TIMEOUT_MS });
  const before = quick.atOnce;
  quick.overran(0, 5, true);
  t.is(quick.atOnce, before);
  const slow = new HostWidth(LIMITS);
  slow.bore(0, { headMs: 0, bodyMs: 0.8 * TIMEOUT_MS });
  slow.overran(0, 5, true);
  t.is(slow.atOnce, 2);
});

test('a known host most of whose bodies hang is given up though it was asked for fewer at once before', (t) => {
  const stage = new Stage(100, { atOnce: AT_ONCE, tries: 5 });
  stage.offerMany('a', 200);
  stage.bring('a0');
  for (let round = 0; round < 8 && stage.refused.size === 0; round++) {
    const rows = [...stage.visits.keys()];
    for (const row of rows) {
      stage.visits.get(row)!.answered();
      stage.visits.get(row)!.bytesCame();
    }
    for (const row of rows) {
      stage.visits.get(row)!.stalled();
      stage.end(row, 'nothing');
    }
  }
  t.true(stage.refused.size > 150, `${stage.refused.size} of 199 rows are not asked for`);
});

/** A host that refuses particular images, `every`th, each time; a row comes again once where it has a retry. */
function choosy(every: number, hasRetry: boolean): Tally {
  const stage = new Stage(100, { atOnce: AT_ONCE });
  const again = new Map<string, { readonly dueMs: number; readonly refusal: Refusal }>();
  const earlier = new Map<string, Refusal>();
  let before: readonly string[] = [];
  return play(stage, 50, (begun, nowMs) => {
    let whole = 0;
    for (const row of before) {
      const visit = stage.visits.get(row)!;
      visit.answered();
      const order = Number(row.slice(1).split(' ')[0]);
      if (order % every !== 1) {
        whole++;
        visit.ended();
      } else {
        const refusal = visit.overloaded(0, { waitMs: hasRetry ? 500 : 0, earlier: earlier.get(row) });
        if (hasRetry && !row.endsWith('again')) again.set(row, { dueMs: nowMs + 500, refusal });
      }
      stage.end(row, 'nothing');
    }
    before = begun;
    for (const [row, { dueMs, refusal }] of [...again]) {
      if (dueMs > nowMs) continue;
      again.delete(row);
      earlier.set(`${row} again`, refusal);
      stage.offer('a', `${row} again`, Number(row.slice(1)));
    }
    return whole;
  });
}

for (const [every, hasRetry] of [
  [20, false],
  [20, true],
  [50, true],
] as const)
  test(`a host that refuses each ${every}th image for what it is, ${hasRetry ? 'twice' : 'once'}, loses no more than the pauses`, (t) => {
    const { whole, seconds } = choosy(every, hasRetry);
    const refusals = ((hasRetry ? 2 : 1) * ROWS) / every;
    t.is(whole, ROWS - ROWS / every);
    t.true(seconds <= 5 + 0.75 * refusals, `${seconds} s, ${refusals} refusals`);
  });
