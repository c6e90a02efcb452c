import test from 'ava';
import { checkValues } from '../../src/cli/flags.ts';
import { retryFlags, retryRule } from '../../src/cli/retry-flags.ts';
import type { RetryRule } from '../../src/runs/retry-rule.ts';
import { REASONS } from '../../src/samples/reasons.ts';

const FLAGS = retryFlags('');

const ruleOf = (given: Readonly<Record<string, unknown>>): RetryRule | undefined =>
  retryRule(checkValues(FLAGS, { 'retry-failed': false, ...given }));

const retry = (given: Readonly<Record<string, unknown>>): RetryRule =>
  ruleOf({ 'retry-failed': true, ...given })!;

test('nothing is tried again unless that is asked for; then at once, for reasons that may pass', (t) => {
  t.is(ruleOf({}), undefined);
  const { reasons, minAgeMs } = retry({});
  t.is(minAgeMs, 0);
  for (const reason of ['timed_out', 'host_unresponsive', 'http_server_error', 'decoder_crashed'] as const)
    t.true(reasons.has(reason), reason);
  for (const reason of [
    'http_not_found',
    'opted_out',
    'image_broken',
    'address_refused',
    'url_invalid',
  ] as const)
    t.false(reasons.has(reason), reason);
});

test('reasons are a list, or all of them; days may be fractions', (t) => {
  t.deepEqual(
    [...retry({ 'retry-reasons': 'tls_failed, http_forbidden' }).reasons],
    ['tls_failed', 'http_forbidden'],
  );
  t.deepEqual([...retry({ 'retry-reasons': 'all' }).reasons], Object.keys(REASONS));
  t.is(retry({ 'retry-after-days': '0.5' }).minAgeMs, 43_200_000);
});

const BAD: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
  [{ 'retry-failed': true, 'retry-reasons': 'time_out' }, /no reason "time_out"\. Did you mean timed_out\?/],
  [{ 'retry-failed': true, 'retry-reasons': 'all,5xx' }, /no reason "5xx"\. .*docs\/formats\.md/],
  [{ 'retry-failed': true, 'retry-reasons': 'toString' }, /no reason "toString"/],
  [{ 'retry-failed': true, 'retry-reasons': '' }, /--retry-reasons needs a reason/],
  [{ 'retry-reasons': 'timed_out' }, /--retry-reasons does nothing without --retry-failed/],
  [{ 'retry-after-days': '0' }, /--retry-after-days does nothing without --retry-failed/],
  [{ 'retry-failed': true, 'retry-after-days': '-1' }, /--retry-after-days needs a number, at least 0/],
];
for (const [given, message] of BAD) {
  test(`${JSON.stringify(given)} is refused`, (t) => {
    t.throws(() => ruleOf(given), { code: 'BB_USAGE', message });
  });
}
