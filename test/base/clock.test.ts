import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { SYSTEM_CLOCK } from '../../src/base/clock.ts';

test('a time longer than a timer of Node takes is waited for, without a warning', async (t) => {
  let [rung, warnings] = [0, 0];
  const onWarning = (): number => warnings++;
  process.on('warning', onWarning);
  const cancels = [2 ** 31, 3e9, 1e12].map((ms) => SYSTEM_CLOCK.after(ms, () => rung++));
  await sleep(50);
  t.deepEqual([rung, warnings], [0, 0]);
  for (const cancel of cancels) cancel();
  process.off('warning', onWarning);
});
