import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { isPublicAddress } from '../../src/download/addresses.ts';
import { createDownloader, type Downloaded, type Downloader } from '../../src/download/downloader.ts';
import { CachingResolver } from '../../src/download/resolver.ts';
import type { FailureReason, SampleFailure } from '../../src/samples/reasons.ts';
import { FAULTY_PLACES, type FaultyPlace, IMAGE_PATH, startPlaces } from '../helpers/faults/connections.ts';
import { type FaultKind, IMAGE, image, says } from '../helpers/faults/kind.ts';
import { KINDS, pathOf } from '../helpers/faults/kinds.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { startNameServer } from '../helpers/name-server.ts';
import { startRawHost } from '../helpers/raw-host.ts';
import { until } from '../helpers/until.ts';
import { AMPLE_MS, UNHURRIED } from './setup.ts';

/** All are asked at the same time: what one host does must not reach another's row. */
const host = await startRawHost(
  new Map([
    ...KINDS.map((kind) => [pathOf(kind), kind.answer] as const),
    [IMAGE_PATH, says(image('HTTP/1.1 200 OK'))],
  ]),
);
const places = await startPlaces(host.port);
const names = await startNameServer({ ttlS: 60 });
/** Without those of the row alone, of proxies, of robots.txt, and of hosts that many rows have asked in vain. */
const REASONS_OF_ONE_ANSWER: readonly FailureReason[] = [
  'address_refused',
  'dns_not_found',
  'dns_failed',
  'connect_refused',
  'connect_timeout',
  'connect_failed',
  'tls_failed',
  'timed_out',
  'http_not_found',
  'http_forbidden',
  'http_too_many_requests',
  'http_client_error',
  'http_server_error',
  'http_unexpected_status',
  'redirect_limit',
  'redirect_invalid',
  'response_too_large',
  'response_invalid',
  'response_cut',
  'response_empty',
  'opted_out',
  'opted_out_tdm',
];

const tools = new Map<string, Tools>();

test.after.always(async () => {
  await Promise.all([...tools.values()].map(({ downloader }) => downloader.close()));
  await Promise.all([host.close(), places.close(), names.close()]);
});

for (const [index, kind] of KINDS.entries()) {
  test(`a host that ${kind.name}: ${kind.ends}`, async (t) => {
    const { downloader, clock } = toolsFor(kind.limitMs ? kind.name : 'shared', kind);
    // Each is a host of its own, or silent ones would be given up as one.
    const url = `http://kind${index}.localhost:${host.port}${pathOf(kind)}`;
    if (kind.isKept) {
      t.is(endOf(await downloader.download(url)), 'image');
      // undici has a connection rest for a moment before it is used again.
      await sleep(20);
    }
    const download = downloader.download(url);
    if (kind.limitMs) await until(() => host.requests(pathOf(kind)) === (kind.requests ?? 1));
    const outcome = await settled(download, clock, kind.limitMs);
    t.is(endOf(outcome), kind.ends);
    if (outcome.kind === 'failed') t.is(outcome.message, kind.message ?? outcome.message);
    else t.deepEqual(outcome.bytes, kind.bytes ?? IMAGE);
    t.is(host.requests(pathOf(kind)), kind.requests ?? 1);
  });
}

for (const place of FAULTY_PLACES) {
  test(`a row of ${place.name}: ${place.ends}`, async (t) => {
    const { downloader, clock } = toolsFor(place.limitMs ? place.name : 'shared', place);
    const outcome = await settled(downloader.download(place.url(places.ports)), clock, place.limitMs);
    t.is(endOf(outcome), place.ends);
    if (place.message) t.is((outcome as SampleFailure).message, place.message);
  });
}

test('there are 120 kinds and more, no two the same, and every reason that one request can end with', (t) => {
  const kinds = new Set([...KINDS.map(pathOf), ...FAULTY_PLACES.map(({ name }) => name)]);
  t.is(kinds.size, KINDS.length + FAULTY_PLACES.length);
  t.true(kinds.size >= 120, `${kinds.size}`);
  const ends = new Set<string>([...KINDS, ...FAULTY_PLACES].map(({ ends }) => ends));
  for (const reason of REASONS_OF_ONE_ANSWER) t.true(ends.has(reason), reason);
});

interface Tools {
  readonly downloader: Downloader;
  readonly clock: ManualClock;
}

/** Shared where name and options are the same. */
function toolsFor(name: string, asked: Pick<FaultKind, 'options'> & Pick<FaultyPlace, 'namesMs'>): Tools {
  const { options = {}, namesMs = 60_000 } = asked;
  const key = JSON.stringify([name, options, namesMs]);
  const known = tools.get(key);
  if (known) return known;
  const settings = { threadCount: 64, timeoutMs: AMPLE_MS, ...UNHURRIED, ...options };
  const clock = new ManualClock();
  const downloader = createDownloader(settings, {
    resolver: new CachingResolver({ timeoutMs: namesMs, servers: [names.address] }),
    isAddressAllowed: (address) => address === '127.0.0.1' || isPublicAddress(address),
    random: () => 0.999,
    // Kinds without a limit end by themselves, and retries take the time they take.
    ...(name === 'shared' || options.retries ? {} : { clock }),
  });
  tools.set(key, { downloader, clock });
  return { downloader, clock };
}

/** The end of a download, for which time passes as often as it takes. */
async function settled<T>(download: Promise<T>, clock: ManualClock, limitMs: number | undefined): Promise<T> {
  let isSettled = limitMs === undefined;
  const end = download.finally(() => {
    isSettled = true;
  });
  while (!isSettled) {
    clock.advance(limitMs!);
    await sleep(5);
  }
  return end;
}

function endOf(outcome: Downloaded | SampleFailure): string {
  if (outcome.kind === 'failed') return outcome.reason;
  outcome.release();
  return 'image';
}
