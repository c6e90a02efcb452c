import test from 'ava';
import { mostIdle, mostRequests } from '../../src/download/file-descriptors.ts';
import { WidthControl } from '../../src/download/width.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

/** A width that is looked at once a step, under a load that is told. */
function rehearse(most: number): {
  readonly clock: ManualClock;
  readonly width: WidthControl;
  readonly step: (busyShare: number, isHungry: boolean) => number;
} {
  const clock = new ManualClock();
  const load = { busyShare: 0, isHungry: true };
  const width = new WidthControl(
    most,
    { busyShare: () => load.busyShare, isHungry: () => load.isHungry },
    clock,
  );
  const step = (busyShare: number, isHungry: boolean): number => {
    Object.assign(load, { busyShare, isHungry });
    clock.advance(500);
    width.full();
    return width.width;
  };
  return { clock, width, step };
}

test('the width grows while latency is what is waited for, up to its bound', (t) => {
  const { width, step } = rehearse(1000);
  t.is(width.width, 256);
  t.is(step(0.2, true), 320);
  t.is(step(0.2, true), 400);
  for (let i = 0; i < 10; i++) step(0.2, true);
  t.is(width.width, 1000);
});

test('it stays while the next stage has enough to do, or this process is busy', (t) => {
  const { step } = rehearse(1000);
  t.is(step(0.2, false), 256);
  t.is(step(0.9, true), 256);
});

test('it narrows while this process is too busy to listen, but not below where it began', (t) => {
  const { step } = rehearse(1000);
  for (let i = 0; i < 10; i++) step(0.2, true);
  t.is(step(1, true), 800);
  for (let i = 0; i < 20; i++) step(1, true);
  t.is(step(1, true), 256);
});

test('it moves once in half a second, however often there is no room', (t) => {
  const { clock, width } = rehearse(1000);
  clock.advance(500);
  for (let i = 0; i < 100; i++) width.full();
  t.is(width.width, 320);
});

test('auto takes as many requests as there are file descriptors for, up to 4096', (t) => {
  t.is(mostRequests('auto', 1024), 153);
  t.is(mostRequests('auto', 1_048_576), 4096);
  t.is(mostRequests('auto', 261), 1);
  t.is(mostRequests(10, 1024), 10);
});

test('auto is refused where there is no room for a single request, in words that ask for no number of downloads', (t) => {
  const error = t.throws(() => mostRequests('auto', 256), { code: 'BB_TOO_FEW_FILE_DESCRIPTORS' });
  t.regex(error!.message, /needs 261 file descriptors and this process may open 256\. Run "ulimit -n 756"/);
  t.is(mostRequests('auto', 756), 100);
});

test('what requests leave of the file descriptors, idle connections may have', (t) => {
  t.is(mostIdle(256, 5 * 256 + 256), 3 * 256);
  t.is(mostIdle(256, 1_000_000), 4096, 'each takes memory');
  t.is(mostIdle(mostRequests('auto', 1024), 1024), 1024 - 256 - 2 * 153);
});
