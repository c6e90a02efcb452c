import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { portOf } from '../helpers/raw-host.ts';
import { SELF_SIGNED } from '../helpers/self-signed.ts';
import { behind } from './proxy-setup.ts';
import { failureIn, imageIn, startHost } from './setup.ts';

const HUNG_UP = { kind: 'failed', reason: 'proxy_failed', message: 'The proxy hung up' };

/** A proxy that treats each request as it is told to, `count` of them so far on its connection. */
async function oddProxy(
  t: ExecutionContext,
  answer: (socket: Socket, head: string, count: number) => void,
): Promise<number> {
  const server = createServer((socket) => {
    let count = 0;
    socket.on('error', () => undefined);
    socket.on('data', (head) => answer(socket, head.toString('latin1'), ++count));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return portOf(server);
}

for (const [name, hangUp] of [
  ['hangs up', (socket: Socket) => socket.destroy()],
  ['resets the connection', (socket: Socket) => socket.resetAndDestroy()],
  ['hangs up within the head of its answer', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nVia: x\r\n')],
] as const) {
  test(`an http URL whose proxy ${name} fails as proxy_failed`, async (t) => {
    const port = await oddProxy(t, hangUp);
    const downloader = behind(t, { http_proxy: `http://127.0.0.1:${port}` });
    t.deepEqual(await downloader.download('http://some.test/ok.jpg'), HUNG_UP);
  });

  test(`an https URL whose proxy ${name} fails as proxy_failed`, async (t) => {
    const port = await oddProxy(t, hangUp);
    const downloader = behind(t, { https_proxy: `http://127.0.0.1:${port}` });
    t.deepEqual(await downloader.download('https://some.test/ok.jpg'), HUNG_UP);
  });
}

test('a proxy that closes a connection that was kept is asked once more, over a new one', async (t) => {
  let answers = 0;
  const port = await oddProxy(t, (socket, _head, count) => {
    if (count > 1) socket.destroy();
    else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${++answers}`);
  });
  const downloader = behind(t, { http_proxy: `http://127.0.0.1:${port}` }, { perHost: 1 });
  for (let i = 0; i < 4; i++) imageIn(t, await downloader.download(`http://some.test/${i}`));
  t.is(answers, 4);
});

test('what breaks within a body that a proxy brings is the body', async (t) => {
  const port = await oddProxy(t, (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun'));
  const downloader = behind(t, { http_proxy: `http://127.0.0.1:${port}` });
  t.is(failureIn(t, await downloader.download('http://some.test/ok.jpg')).reason, 'response_cut');
});

for (const head of [
  'HTTP/1.1 200 OK\r\n\r\n',
  'HTTP/1.0 200 Connection established\r\n\r\n',
  'HTTP/1.1 200\r\n\r\n',
  'HTTP/1.1 200 OK\n\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  `HTTP/1.1 200 OK\r\nVia: ${'x'.repeat(20_000)}\r\n\r\n`,
]) {
  test(`a tunnel is open once a proxy says ${JSON.stringify(head.slice(0, 90))}`, async (t) => {
    const host = await startHost(t, { tls: SELF_SIGNED });
    const port = await oddProxy(t, (socket, _head, count) => {
      if (count > 1) return;
      socket.removeAllListeners('data');
      const there = connect(host.port, '127.0.0.1', () => {
        socket.write(head);
        there.pipe(socket).pipe(there);
      });
      there.on('error', () => socket.destroy());
    });
    const downloader = behind(t, { https_proxy: `http://127.0.0.1:${port}` }, { tlsInsecure: true });
    imageIn(t, await downloader.download(`https://some.test:${host.port}/ok.jpg`));
  });
}

for (const head of [
  'SSH-2.0-x\r\n\r\n',
  'HTTP/1.1 OK\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n'.repeat(33),
  `HTTP/1.1 200 OK\r\nVia: ${'x'.repeat(70_000)}`,
]) {
  test(`a proxy that answers ${JSON.stringify(head.slice(0, 40))} has failed`, async (t) => {
    const port = await oddProxy(t, (socket) => socket.write(head));
    const downloader = behind(t, { https_proxy: `http://127.0.0.1:${port}` });
    const failure = failureIn(t, await downloader.download('https://some.test/ok.jpg'));
    t.deepEqual(failure, { ...HUNG_UP, message: 'The answer of the proxy is not valid HTTP' });
  });
}
