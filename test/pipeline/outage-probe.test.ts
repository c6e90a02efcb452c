import test from 'ava';
import { OutageProbe, type ProbedDownloader, signOf } from '../../src/pipeline/outage-probe.ts';
import { hostOf } from '../../src/pipeline/row-host.ts';

test('a download that succeeded, or that a host refused, was answered', (t) => {
  t.is(signOf(undefined), 'answer');
  for (const reason of ['http_not_found', 'http_server_error', 'tls_failed', 'response_cut'] as const)
    t.is(signOf({ reason }), 'answer', reason);
});

test('nobody was asked for a URL that is none; a name that does not exist is an answer of name servers', (t) => {
  for (const reason of ['url_missing', 'url_invalid', 'url_scheme_unsupported', 'address_refused'] as const)
    t.is(signOf({ reason }), 'nothing', reason);
  t.is(signOf({ reason: 'dns_not_found' }), 'unknown_name');
});

test('a host that sent the head of an answer was heard, however the row ended', (t) => {
  t.is(signOf({ reason: 'timed_out', heard: 'host' }), 'answer');
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
    t.is(signOf({ reason }), 'silence', reason);
});

test('of rows that nearly all are of one host that is gone, the others are found and asked', async (t) => {
  const asked: string[] = [];
  const downloader: ProbedDownloader = {
    probe: async (url) => {
      asked.push(url!);
      const isGone = url!.startsWith('http://gone/');
      return { kind: 'failed', reason: isGone ? 'connect_refused' : 'http_not_found', message: '' };
    },
    zoneExists: async () => true,
    forgetMissingNames: () => undefined,
  };
  let draws = 0;
  const draw = (): string => (++draws % 400 === 0 ? 'http://there/1.jpg' : `http://gone/${draws}.jpg`);
  t.true(await new OutageProbe(downloader).hostsAnswer(draw, new AbortController().signal));
  t.deepEqual(asked.map(hostOf).sort(), ['gone', 'there']);
});
