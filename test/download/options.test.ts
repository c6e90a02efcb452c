import test from 'ava';
import { settingsFrom } from '../../src/download/options.ts';

test('the limits within a download grow with its deadline', (t) => {
  t.like(settingsFrom({ threadCount: 1 }), {
    timeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    headersTimeoutMs: 7_000,
    bodyIdleTimeoutMs: 5_000,
  });
  t.like(settingsFrom({ threadCount: 1, timeoutMs: 60_000 }), {
    connectTimeoutMs: 30_000,
    headersTimeoutMs: 42_000,
    bodyIdleTimeoutMs: 30_000,
  });
  t.like(settingsFrom({ threadCount: 1, timeoutMs: 1_000, headersTimeoutMs: 400 }), {
    connectTimeoutMs: 5_000,
    headersTimeoutMs: 400,
  });
});
