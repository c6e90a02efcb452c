import test from 'ava';
import { settingsFrom } from '../../src/download/options.ts';

test('the limits within a download are shares of its deadline, however short', (t) => {
  t.like(settingsFrom({ threadCount: 1 }), {
    timeoutMs: 10_000,
    connectTimeoutMs: 4_000,
    tlsTimeoutMs: 3_000,
    headersTimeoutMs: 7_000,
    bodyIdleTimeoutMs: 5_000,
  });
  t.like(settingsFrom({ threadCount: 1, timeoutMs: 60_000 }), {
    connectTimeoutMs: 24_000,
    tlsTimeoutMs: 18_000,
    headersTimeoutMs: 42_000,
    bodyIdleTimeoutMs: 30_000,
  });
  t.like(settingsFrom({ threadCount: 1, timeoutMs: 100, headersTimeoutMs: 80 }), {
    connectTimeoutMs: 40,
    tlsTimeoutMs: 30,
    headersTimeoutMs: 80,
    bodyIdleTimeoutMs: 50,
  });
});
