import test from 'ava';
import { image, LENGTH, says } from '../helpers/faults/kind.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { startRawHost } from '../helpers/raw-host.ts';
import { until } from '../helpers/until.ts';
import { failureIn, imageIn, startDownloader, UNHURRIED } from './setup.ts';

test('what is asked for a second time, since its head is broken, keeps the pace of its host, and its time stands meanwhile', async (t) => {
  const broken = says(image('HTTP/1.1 200 OK', 'no colon', LENGTH));
  const host = await startRawHost(new Map([['/broken', broken]]));
  t.teardown(() => host.close());
  const clock = new ManualClock();
  const hosts = new Map([['127.0.0.1', { perSecond: 0.1 }]]);
  const downloader = startDownloader(t, { timeoutMs: 1_000, ...UNHURRIED, hosts }, { clock });
  const row = downloader.download(`http://127.0.0.1:${host.port}/broken`);
  await until(() => clock.waits(10_000) || host.requests('/broken') === 2);
  t.is(host.requests('/broken'), 1);
  clock.advance(10_000);
  imageIn(t, await row);
  t.is(host.requests('/broken'), 2);
});

test('what would be asked for a second time of a host that is to be left alone for long fails as what it was', async (t) => {
  const host = await startRawHost(
    new Map([
      ['/busy', says('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n')],
      [
        '/broken',
        ({ socket }) => void pausing.then(() => socket.end('HTTP/1.1 200 OK\r\nno colon\r\n\r\nx')),
      ],
    ]),
  );
  t.teardown(() => host.close());
  const downloader = startDownloader(t, { timeoutMs: 10_000, ...UNHURRIED }, { clock: new ManualClock() });
  const row = downloader.download(`http://127.0.0.1:${host.port}/broken`);
  const pausing = until(() => host.requests('/broken') === 1).then(() =>
    // What one row alone is told would not be believed yet.
    Promise.all([1, 2].map(() => downloader.download(`http://127.0.0.1:${host.port}/busy`))),
  );
  t.is(failureIn(t, await row).reason, 'response_invalid');
  t.is(host.requests('/broken'), 1);
});
