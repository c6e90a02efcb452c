import test from 'ava';
import { startRawHost } from '../helpers/raw-host.ts';
import { until } from '../helpers/until.ts';
import { imageIn, startDownloader } from './setup.ts';

const HOSTS = 30;
const MIB = 1024 * 1024;
/** Announces much, and sends two bytes of it. */
const DRIP = 'HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\nxx';
/** The usual size of an image. */
const IMAGE_BYTES = 40_000;

test('hosts that announce much and drip keep no memory from others, however little there is', async (t) => {
  const image = `HTTP/1.1 200 OK\r\nContent-Length: ${IMAGE_BYTES}\r\n\r\n${'x'.repeat(IMAGE_BYTES)}`;
  const host = await startRawHost(
    new Map([
      ['/drip', ({ socket }) => void socket.write(DRIP)],
      ['/image', ({ socket }) => void socket.write(image)],
    ]),
  );
  t.teardown(() => host.close());
  const options = { threadCount: 'auto', maxBytes: 20 * MIB, maxBytesInFlight: 24 * MIB } as const;
  const downloader = startDownloader(t, options);
  const ended: unknown[] = [];
  for (let i = 0; i < 10 * HOSTS; i++)
    void downloader
      .download(`http://drips${i % HOSTS}.localhost:${host.port}/drip`)
      .then((outcome) => ended.push(outcome));
  // As many as may be in flight to a host that has not ended an answer.
  await until(() => host.requests('/drip') === 5 * HOSTS);
  await until(() => downloader.heldBytes >= 5 * HOSTS * 2);
  const others = Array.from({ length: 200 }, async (_, i) =>
    imageIn(t, await downloader.download(`http://quick${i % 20}.localhost:${host.port}/image`)),
  );
  await Promise.all(others);
  t.deepEqual(ended, []);
  t.true(downloader.heldBytes <= MIB, `${downloader.heldBytes} bytes`);
});
