import test from 'ava';
import type { BowerbirdError } from '../../src/base/errors.ts';
import { limitClosing } from '../../src/pipeline/closing-limit.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

function rehearse(closing = new AbortController()): {
  readonly clock: ManualClock;
  readonly closing: AbortController;
  readonly givenUp: BowerbirdError[];
  readonly lift: () => void;
} {
  const clock = new ManualClock();
  const givenUp: BowerbirdError[] = [];
  const giveUp = (error: BowerbirdError): number => givenUp.push(error);
  const limit = { clock, closing: closing.signal, rowLimitMs: 10_000, openShards: () => 2, giveUp };
  const rowLimitFlag = '--grace';
  return { clock, closing, givenUp, lift: limitClosing({ ...limit, rowLimitFlag }) };
}

test('a run that goes on has no limit; told to close, it has the time of one row and a second', (t) => {
  const { clock, closing, givenUp } = rehearse();
  clock.advance(1_000_000);
  closing.abort();
  clock.advance(10_999);
  t.is(givenUp.length, 0);
  clock.advance(1);
  t.is(givenUp.length, 1);
  t.is(givenUp[0]!.code, 'BB_INTERRUPTED');
  t.regex(givenUp[0]!.message, /after 11 s \(--grace and 1 s\): 2; they will be done again/);
});

test('a run that was told to close before has the same limit', (t) => {
  const closing = new AbortController();
  closing.abort();
  const { clock, givenUp } = rehearse(closing);
  clock.advance(11_000);
  t.is(givenUp.length, 1);
});

test('a run that has ended is not given up, told to close before or after', (t) => {
  const { clock, closing, givenUp, lift } = rehearse();
  closing.abort();
  lift();
  const other = rehearse();
  other.lift();
  other.closing.abort();
  for (const one of [clock, other.clock]) one.advance(1_000_000);
  t.deepEqual([...givenUp, ...other.givenUp], []);
});
