import test from 'ava';
import { hostOf, signOf } from '../../src/pipeline/outage-probe.ts';

test('a download that succeeded, or that a host refused, was answered', (t) => {
  t.is(signOf(undefined), 'answer');
  for (const reason of ['http_not_found', 'http_server_error', 'tls_failed', 'response_cut'] as const)
    t.is(signOf(reason), 'answer', reason);
});

test('nobody was asked for a URL that is none; a name that does not exist is an answer of name servers', (t) => {
  for (const reason of ['url_missing', 'url_invalid', 'url_scheme_unsupported', 'address_refused'] as const)
    t.is(signOf(reason), 'nothing', reason);
  t.is(signOf('dns_not_found'), 'unknown_name');
});

test("silence may be our own side's fault", (t) => {
  for (const reason of [
    'dns_failed',
    'connect_refused',
    'connect_timeout',
    'connect_failed',
    'timed_out',
    'host_unresponsive',
  ] as const)
    t.is(signOf(reason), 'silence', reason);
});

test('a host is named with its port; a text that is no URL has none', (t) => {
  t.is(hostOf('http://example.org:8080/a?b'), 'example.org:8080');
  for (const url of [null, undefined, '', 'example.org']) t.is(hostOf(url), undefined);
});
