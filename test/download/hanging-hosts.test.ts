import test from 'ava';
import { FairClock } from '../../src/download/fair-clock.ts';
import { Stage } from './schedule-stage.ts';

const STEP_MS = 10;
const LIVE_ROWS = 20_000;
const HOSTS = 2_000;
/** Of the slowest run 4,000 are needed. */
const MOST_STEPS = 10_000;

interface Run {
  /** The steps after which each live row had ended. */
  readonly ends: ReadonlyMap<string, number>;
  readonly mostInFlight: number;
}

/** Live rows of all hosts, each answered so long after its request; in turns with them those of hosts that never answer. */
function play(latencyMs: number, hangs: (host: number) => boolean): Run {
  const stage = new Stage('auto');
  for (let i = 0; i < LIVE_ROWS; i++) {
    const host = i % HOSTS;
    if (hangs(host)) stage.offer(`silent${host}`, `silent ${i}`);
    stage.offer(`host${host}`, `live ${i}`);
  }
  const ends = new Map<string, number>();
  const dueAt: string[][] = [];
  let [seen, mostInFlight] = [0, 0];
  for (let step = 0; ends.size < LIVE_ROWS && step < MOST_STEPS; step++) {
    const begun = stage.admitted.slice(seen).filter((row) => row.startsWith('live'));
    seen = stage.admitted.length;
    dueAt[step + latencyMs / STEP_MS] = begun;
    mostInFlight = Math.max(mostInFlight, stage.slots.inFlight);
    stage.clock.advance(STEP_MS);
    for (const row of dueAt[step + 1] ?? []) ends.set(row, step + 1);
    stage.endAll(dueAt[step + 1] ?? [], 'answered');
  }
  return { ends, mostInFlight };
}

test('with a tenth of 2,000 hosts hanging the others come at nine tenths of their rate, and none a second later', (t) => {
  const free = play(50, () => false);
  const disturbed = play(50, (host) => host % 10 === 3);
  t.is(free.ends.size, LIVE_ROWS);
  t.is(disturbed.ends.size, LIVE_ROWS);
  const share = Math.max(...free.ends.values()) / Math.max(...disturbed.ends.values());
  t.true(share >= 0.9, `${share}`);
  const delays = [...disturbed.ends].map(([row, step]) => STEP_MS * (step - free.ends.get(row)!));
  t.true(Math.max(...delays) < 1_000, `${Math.max(...delays)}`);
});

test('hosts that are slow and answer all count: no more requests are in flight than the width says', (t) => {
  t.is(play(50, () => false).mostInFlight, 256);
  t.is(play(500, () => false).mostInFlight, 256);
  t.is(play(900, () => false).mostInFlight, 256);
});

/**
 * So many answers in a step, in the order of the requests, however many are in flight: our line, our processor or what all hosts lie behind is
 * slow. Rows of hosts that never answer come in turns with them. The most requests in flight to hosts that do answer.
 */
function mostAtABottleneck(answersPerStep: number, hangs: (host: number) => boolean): number {
  const stage = new Stage('auto');
  const rows = 3_000;
  for (let i = 0; i < rows; i++) {
    const host = i % 300;
    if (hangs(host)) stage.offer(`silent${host}`, `silent ${i}`);
    stage.offer(`host${host}`, `live ${i}`);
  }
  const waiting: string[] = [];
  let [seen, ended, most] = [0, 0, 0];
  for (let step = 0; ended < rows && step < MOST_STEPS; step++) {
    waiting.push(...stage.admitted.slice(seen).filter((row) => row.startsWith('live')));
    seen = stage.admitted.length;
    most = Math.max(most, waiting.length);
    stage.clock.advance(STEP_MS);
    const answered = waiting.splice(0, answersPerStep);
    ended += answered.length;
    stage.endAll(answered, 'answered');
  }
  return most;
}

for (const [perSecond, most] of [
  [1_000, 256],
  [200, 400],
  [100, 700],
] as const)
  test(`where all share what serves ${perSecond} a second, not many more wait for that because they wait long`, (t) => {
    for (const hangs of [() => false, (host: number) => host % 10 === 3]) {
      const seen = mostAtABottleneck(perSecond / (1_000 / STEP_MS), hangs);
      t.true(seen <= most, `${seen} at once`);
    }
  });

/**
 * A process that is let run for a moment now and then, so late each time, and handles so many answers in each. The slices that it takes until all
 * live rows have ended, and the most requests that were in flight to live hosts.
 */
function starved(
  lateMs: number,
  answersPerSlice: number,
  hangs: (host: number) => boolean,
): { slices: number; most: number } {
  const stage = new Stage('auto', {}, (clock) => new FairClock(clock));
  const rows = 4_000;
  for (let i = 0; i < rows; i++) {
    const host = i % 400;
    if (hangs(host)) stage.offer(`silent${host}`, `silent ${i}`);
    stage.offer(`host${host}`, `live ${i}`);
  }
  const waiting: string[] = [];
  let [seen, ended, most, slices] = [0, 0, 0, 0];
  for (; ended < rows && slices < MOST_STEPS; slices++) {
    waiting.push(...stage.admitted.slice(seen).filter((row) => row.startsWith('live')));
    seen = stage.admitted.length;
    most = Math.max(most, waiting.length);
    stage.clock.advance(lateMs);
    const answered = waiting.splice(0, answersPerSlice);
    ended += answered.length;
    stage.endAll(answered, 'answered');
  }
  return { slices, most };
}

for (const [lateMs, answersPerSlice] of [
  [100, 10],
  [400, 60],
  [3_000, 20],
] as const)
  test(`a process that is let run each ${lateMs} ms takes no lateness of its own for the hosts': hanging hosts cost the others a tenth at most`, (t) => {
    const free = starved(lateMs, answersPerSlice, () => false);
    const disturbed = starved(lateMs, answersPerSlice, (host) => host % 10 === 3);
    t.is(free.most, 256);
    t.true(disturbed.most <= 256, `${disturbed.most} at once`);
    t.true(disturbed.slices <= free.slices / 0.9, `${free.slices} and ${disturbed.slices} slices`);
  });
