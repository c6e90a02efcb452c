import { brotliCompressSync } from 'node:zlib';
import test from 'ava';
import { startRawHost } from '../helpers/raw-host.ts';
import { until } from '../helpers/until.ts';
import { imageIn, startDownloader } from './setup.ts';

test('a coded image that is whole before its answer ends frees its request, though the host never ends', async (t) => {
  const body = brotliCompressSync('an image');
  const head = 'HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 9999\r\n\r\n';
  const host = await startRawHost(
    new Map([
      [
        '/endless',
        ({ socket }) => void socket.write(Buffer.concat([Buffer.from(head), body, Buffer.from('more')])),
      ],
    ]),
  );
  t.teardown(() => host.close());
  const downloader = startDownloader(t);
  imageIn(t, await downloader.download(`http://127.0.0.1:${host.port}/endless`));
  await until(() => downloader.requestsInFlight === 0);
  t.pass();
});
