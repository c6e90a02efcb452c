import test from 'ava';
import { failureOf } from '../../src/download/failures.ts';
import { REASONS } from '../../src/samples/reasons.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { SELF_SIGNED } from '../helpers/self-signed.ts';
import { until } from '../helpers/until.ts';
import { failureIn, startDownloader, startHost, UNHURRIED } from './setup.ts';

/** What is asked for a second time, to be read leniently. */
const BROKEN_HEADS: ReadonlySet<string> = new Set(['/bad-http', '/switching-protocols', '/huger-header']);

/** [path, reason, message]; each is one failure of a host. */
const HOST_FAILURES: readonly (readonly [string, string, string])[] = [
  ['/404', 'http_not_found', 'HTTP Error 404: Not Found'],
  ['/410', 'http_not_found', 'HTTP Error 410: Gone'],
  ['/403', 'http_forbidden', 'HTTP Error 403: Forbidden'],
  ['/429', 'http_too_many_requests', 'HTTP Error 429: Too Many Requests'],
  ['/401', 'http_client_error', 'HTTP Error 401: Unauthorized'],
  ['/451', 'http_client_error', 'HTTP Error 451: Unavailable For Legal Reasons'],
  ['/500', 'http_server_error', 'HTTP Error 500: Internal Server Error'],
  ['/503', 'http_server_error', 'HTTP Error 503: Service Unavailable'],
  ['/522', 'http_server_error', 'HTTP Error 522'],
  ['/204', 'http_unexpected_status', 'HTTP Error 204: No Content'],
  ['/206', 'http_unexpected_status', 'HTTP Error 206: Partial Content'],
  ['/304', 'http_unexpected_status', 'HTTP Error 304: Not Modified'],
  ['/300', 'http_unexpected_status', 'HTTP Error 300: Multiple Choices'],
  ['/999', 'http_unexpected_status', 'HTTP Error 999'],
  ['/reset', 'connect_failed', 'Connection failed'],
  ['/close', 'connect_failed', 'Connection failed'],
  ['/reset-body', 'response_cut', 'The connection closed before the whole image arrived'],
  ['/cut', 'response_cut', 'The connection closed before the whole image arrived'],
  ['/cut-chunked', 'response_cut', 'The connection closed before the whole image arrived'],
  ['/empty', 'response_empty', 'The response is empty'],
  ['/empty-chunked', 'response_empty', 'The response is empty'],
  ['/bad-http', 'response_invalid', 'The response is not valid HTTP'],
  ['/switching-protocols', 'response_invalid', 'The response is not valid HTTP'],
  ['/huger-header', 'response_invalid', 'The response is not valid HTTP'],
  ['/huge', 'response_too_large', 'The image is larger than the limit'],
  ['/endless', 'response_too_large', 'The image is larger than the limit'],
  ['/huge-404', 'http_not_found', 'HTTP Error 404: Not Found'],
  ['/drip-404', 'http_not_found', 'HTTP Error 404: Not Found'],
];

/** [path, whether a part of the body arrives]; none of these hosts ever ends its answer. */
const ENDLESS: readonly (readonly [string, boolean])[] = [
  ['/hang', false],
  ['/headers-then-hang', true],
  ['/drip', true],
  ['/1xx-forever', false],
];

for (const [path, reason, message] of HOST_FAILURES) {
  test(`a host that answers ${path} makes a sample fail as ${reason}, after as few requests as it takes`, async (t) => {
    const host = await startHost(t);
    const downloader = startDownloader(t, { maxBytes: 1_000_000 });
    t.deepEqual(await downloader.download(host.url(path)), { kind: 'failed', reason, message });
    t.is(host.requests(), BROKEN_HEADS.has(path) ? 2 : 1);
    t.is(downloader.heldBytes, 0);
  });
}

for (const [path, hasBody] of ENDLESS) {
  test(`a host that answers ${path} makes a sample fail as timed_out when its time is up, after one request`, async (t) => {
    const host = await startHost(t);
    const clock = new ManualClock();
    const downloader = startDownloader(t, { maxBytes: 1_000_000, timeoutMs: 1500, ...UNHURRIED }, { clock });
    const outcome = downloader.download(host.url(path));
    await until(() => host.requests() === 1 && downloader.heldBytes > 0 === hasBody);
    clock.advance(1499);
    t.true(clock.waits());
    clock.advance(1);
    const heard = hasBody ? { heard: 'host' } : {};
    t.deepEqual(await outcome, { kind: 'failed', reason: 'timed_out', message: 'timed out', ...heard });
    t.is(host.requests(), 1);
    t.is(downloader.heldBytes, 0);
  });
}

for (const line of ['Connection: close', 'no colon here']) {
  test(`a body that lasts until the connection ends, and is reset, is response_cut (${line})`, async (t) => {
    const host = await startHost(t);
    const downloader = startDownloader(t);
    const outcome = downloader.download(host.url(`/reset-until-close?line=${encodeURIComponent(line)}`));
    // What comes together with a reset is taken for an end by libuv.
    await until(() => downloader.heldBytes > 0);
    host.letGo();
    t.is(failureIn(t, await outcome).reason, 'response_cut');
    t.is(downloader.heldBytes, 0);
  });
}

test('a port that nobody listens on is connect_refused', async (t) => {
  const host = await startHost(t);
  const url = host.url('/ok.jpg');
  await host.close();
  t.deepEqual(await startDownloader(t).download(url), {
    kind: 'failed',
    reason: 'connect_refused',
    message: 'Connection refused',
  });
});

test('a certificate that nobody vouches for is tls_failed, and is not asked again', async (t) => {
  const host = await startHost(t, { tls: SELF_SIGNED });
  const downloader = startDownloader(t, { retries: 3 });
  for (const name of ['127.0.0.1', 'localhost']) {
    const failure = failureIn(t, await downloader.download(`https://${name}:${host.port}/ok.jpg`));
    t.deepEqual(failure, { kind: 'failed', reason: 'tls_failed', message: 'TLS connection failed' });
  }
  t.is(host.connections, 2);
});

test('https to a host that speaks plain http is tls_failed', async (t) => {
  const host = await startHost(t);
  const outcome = await startDownloader(t).download(`https://127.0.0.1:${host.port}/ok.jpg`);
  t.is(failureIn(t, outcome).reason, 'tls_failed');
});

test('whatever is thrown becomes a reason of the closed list', (t) => {
  const thrown: unknown[] = [
    new Error('unheard of'),
    Object.assign(new Error('x'), { code: 'EMFILE' }),
    new AggregateError([new Error('a'), new Error('b')]),
    Object.assign(new Error('x'), { code: 42 }),
    'a string',
    undefined,
    null,
  ];
  for (const value of thrown) {
    for (const phase of ['connect', 'body'] as const) t.true(failureOf(value, phase).reason in REASONS);
  }
});

test('certificate errors of every kind are tls_failed', (t) => {
  const codes = [
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'EPROTO',
  ];
  for (const code of codes) {
    t.is(failureOf(Object.assign(new Error('x'), { code }), 'connect').reason, 'tls_failed', code);
  }
});
