import test from 'ava';
import { unlessClosing } from '../../src/runs/closing.ts';

test('work that ends first gives what it gave, or its own error', async (t) => {
  const { signal } = new AbortController();
  t.is(await unlessClosing(Promise.resolve(7), signal), 7);
  await t.throwsAsync(unlessClosing(Promise.reject(new Error('mine')), signal), { message: 'mine' });
});

test('a run that is told to close does not wait for work, and an error that comes later is passed over', async (t) => {
  const closing = new AbortController();
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const waiting = unlessClosing(work, closing.signal);
  closing.abort();
  await t.throwsAsync(waiting, { code: 'BB_INTERRUPTED' });
  fail(new Error('too late'));
  for (const late of [Promise.resolve(7), Promise.reject(new Error('too late'))])
    await t.throwsAsync(unlessClosing(late, closing.signal), { code: 'BB_INTERRUPTED' });
});
