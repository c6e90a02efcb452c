import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { Downloaded } from '../../src/download/downloader.ts';
import { REASONS, type SampleFailure } from '../../src/samples/reasons.ts';
import { type FuzzedAnswer, fuzzedAnswer } from '../helpers/faults/fuzzed.ts';
import { IMAGE } from '../helpers/faults/kind.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type RawAnswer, startRawHost } from '../helpers/raw-host.ts';
import { until } from '../helpers/until.ts';
import { startDownloader, UNHURRIED } from './setup.ts';

const ROWS = Number(process.env['BOWERBIRD_FUZZED_ANSWERS'] ?? 400);
const SEED = Number(process.env['BOWERBIRD_FUZZ_SEED'] ?? 1);
const AT_ONCE = 64;
const LIMIT_MS = 1000;

test(`${ROWS} answers by chance (seed ${SEED}) each end their row under one reason, and what is sound arrives`, async (t) => {
  const answers = Array.from({ length: ROWS }, (_, row) => fuzzedAnswer(SEED, row));
  const host = await startRawHost(new Map(answers.map((answer, row) => [`/${row}`, sent(answer)])));
  t.teardown(() => host.close());
  const clock = new ManualClock();
  const options = { ...UNHURRIED, headersTimeoutMs: LIMIT_MS, bodyIdleTimeoutMs: LIMIT_MS, maxBytes: 10_000 };
  const downloader = startDownloader(t, options, { clock });
  const ends = new Map<string, number>();
  for (let first = 0; first < ROWS; first += AT_ONCE) {
    const rows = answers.slice(first, first + AT_ONCE).map((answer, i) => ({
      ...answer,
      row: first + i,
      // Each is a host of its own, or silent ones would be given up as one.
      outcome: downloader.download(`http://row${first + i}.localhost:${host.port}/${first + i}`),
    }));
    // No time passes before all that can end without has ended.
    await Promise.all(rows.filter(({ ends: end }) => end !== 'wait').map(({ outcome }) => outcome));
    const outcomes = await settled(Promise.all(rows.map(({ outcome }) => outcome)), clock);
    outcomes.forEach((outcome, i) => {
      if (rows[i]!.isSound)
        t.deepEqual(outcome.kind === 'downloaded' && outcome.bytes, IMAGE, `${rows[i]!.row}`);
      const end = endOf(outcome);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    });
  }
  t.log([...ends].map(([end, rows]) => `${end} ${rows}`).join(', '));
  for (const end of ends.keys()) t.true(end === 'image' || end in REASONS, end);
  t.is(
    [...ends.values()].reduce((sum, rows) => sum + rows, 0),
    ROWS,
  );
  t.is(downloader.heldBytes, 0);
  // A connection is over a little after its refusal.
  await until(() => downloader.requestsInFlight === 0);
});

function sent({ bytes, ends }: FuzzedAnswer): RawAnswer {
  return ({ socket }) => {
    if (ends === 'close') socket.end(bytes);
    else socket.write(bytes, () => ends === 'reset' && socket.resetAndDestroy());
  };
}

function endOf(outcome: Downloaded | SampleFailure): string {
  if (outcome.kind === 'failed') return outcome.reason;
  outcome.release();
  return 'image';
}

async function settled<T>(all: Promise<T>, clock: ManualClock): Promise<T> {
  let isSettled = false;
  const end = all.finally(() => {
    isSettled = true;
  });
  await sleep(0);
  while (!isSettled) {
    clock.advance(LIMIT_MS);
    await sleep(5);
  }
  return end;
}
