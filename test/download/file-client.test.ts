import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import {
  createFileClient,
  type FileClient,
  type FileClientOptions,
  FileTransferError,
} from '../../src/download/file-client.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type RawAnswer, startRawHost } from '../helpers/raw-host.ts';
import { SELF_SIGNED } from '../helpers/self-signed.ts';
import { until } from '../helpers/until.ts';

const PATIENCE_MS = 60_000;

function startClient(
  t: ExecutionContext,
  options: FileClientOptions = {},
  clock = new ManualClock(),
): FileClient {
  const client = createFileClient({ allowPrivateAddresses: true, ...options }, { environment: {}, clock });
  t.teardown(() => client.close());
  return client;
}

async function startHost(t: ExecutionContext, answers: Record<string, RawAnswer>): Promise<string> {
  const host = await startRawHost(new Map(Object.entries(answers)));
  t.teardown(() => host.close());
  return `http://127.0.0.1:${host.port}`;
}

/** The reason with which something must have failed. */
async function reasonOf(t: ExecutionContext, work: Promise<unknown>): Promise<string> {
  return (await t.throwsAsync(work, { instanceOf: FileTransferError }))!.failure.reason;
}

test('what came before a connection broke is given before the error', async (t) => {
  const origin = await startHost(t, {
    '/file': ({ socket }) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe first half');
    },
  });
  const answer = await startClient(t).get({ url: `${origin}/file` });
  t.is(answer.lengthBytes, 100);
  let text = '';
  const taken = (async () => {
    for await (const piece of answer.pieces()) text += piece.toString();
  })();
  t.is(await reasonOf(t, taken), 'response_cut');
  t.is(text, 'the first half');
});

test('a host that says nothing, or falls silent in a body, is given up after a minute', async (t) => {
  const origin = await startHost(t, {
    '/mute': () => undefined,
    '/halting': ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome');
    },
  });
  const clock = new ManualClock();
  const client = startClient(t, {}, clock);
  const mute = client.get({ url: `${origin}/mute` });
  await until(() => clock.waits(PATIENCE_MS));
  clock.advance(PATIENCE_MS);
  t.is(await reasonOf(t, mute), 'timed_out');
  const answer = await client.get({ url: `${origin}/halting` });
  const pieces = answer.pieces()[Symbol.asyncIterator]();
  t.is(String((await pieces.next()).value), 'some');
  clock.advance(PATIENCE_MS);
  t.is(await reasonOf(t, pieces.next()), 'timed_out');
});

test('a caller that is no longer interested ends a wait with its own reason', async (t) => {
  const origin = await startHost(t, { '/mute': () => undefined });
  const clock = new ManualClock();
  const interrupt = new AbortController();
  const mute = startClient(t, {}, clock).get({ url: `${origin}/mute` }, interrupt.signal);
  await until(() => clock.waits(PATIENCE_MS));
  interrupt.abort(new Error('enough'));
  t.is((await t.throwsAsync(mute))?.message, 'enough');
});

test('redirects are followed, but not in circles and never from https to http', async (t) => {
  const sendTo =
    (location: string): RawAnswer =>
    ({ socket }) => {
      socket.end(`HTTP/1.1 302 Found\r\nX-Said: here\r\nContent-Length: 0\r\nLocation: ${location}\r\n\r\n`);
    };
  const origin = await startHost(t, {
    '/': sendTo('/file'),
    '/file': ({ socket }) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    },
    '/circle': sendTo('/circle-back'),
    '/circle-back': sendTo('/circle'),
  });
  const client = startClient(t, { tlsInsecure: true });
  const answer = await client.get({ url: `${origin}/` });
  t.deepEqual(answer.saidBefore('x-said'), { value: 'here', origin });
  answer.drop();
  t.is(await reasonOf(t, client.get({ url: `${origin}/circle` })), 'redirect_limit');

  const secure = createServer(SELF_SIGNED, (_request, response) => {
    response.writeHead(302, { location: `${origin}/file` }).end();
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    secure.closeAllConnections();
    return new Promise<void>((resolve) => secure.close(() => resolve()));
  });
  const { port } = secure.address() as AddressInfo;
  t.is(await reasonOf(t, client.get({ url: `https://127.0.0.1:${port}/` })), 'redirect_invalid');
});

test('addresses that are not public are refused unless their origin is trusted', async (t) => {
  const origin = await startHost(t, {
    '/file': ({ socket }) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    },
  });
  const guarded = startClient(t, { allowPrivateAddresses: false });
  t.is(await reasonOf(t, guarded.get({ url: `${origin}/file` })), 'address_refused');
  const trusting = startClient(t, { allowPrivateAddresses: false, trustedOrigin: origin });
  const answer = await trusting.get({ url: `${origin}/file` });
  t.is(answer.status, 200);
  answer.drop();
});
