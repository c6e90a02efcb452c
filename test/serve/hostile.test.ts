import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Agent } from 'undici';
import { HTTP_STATUS } from '../../src/serve/http-error.ts';
import { randomWords } from '../store/rows.ts';
import { MAX_HASHES, malformed, rawGarbage } from './malformed.ts';
import { ask, connect, errorCode, jsonBody, makeWorld, ROWS, startProcess } from './world.ts';

const REQUESTS = 2700;
const RAW_REQUESTS = 300;
const AT_ONCE = 16;

/** Runs `work` for 0 to count - 1, some at once. */
async function forEachOf(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Sends wrong requests; gives what was answered otherwise than with an error of the client's. */
async function sendMalformed(agent: Agent, url: string, codes: Set<string>): Promise<string[]> {
  const next = randomWords(1);
  const problems: string[] = [];
  await forEachOf(REQUESTS, async (n) => {
    const { path, options, kind } = malformed(next, n);
    const shown = `${kind}: ${path} ${String(options.body).slice(0, 100)}`;
    try {
      const answer = await ask(agent, url, path, options);
      const code = errorCode(answer) ?? 'none';
      codes.add(code);
      const fits = HTTP_STATUS[code as keyof typeof HTTP_STATUS] === answer.status;
      if (answer.status < 400 || answer.status > 499 || !fits)
        problems.push(`${answer.status} ${code}, ${shown}`);
      if (/\n +at |\\n +at |node_modules/.test(answer.text)) problems.push(`a trace: ${answer.text}`);
    } catch (thrown) {
      problems.push(`${thrown}, ${shown}`);
    }
  });
  return problems;
}

/** What the server says to bytes after which the client sends nothing more; it must close the connection. */
async function sendRaw(port: number, bytes: Uint8Array): Promise<string> {
  const socket = connectSocket({ port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  socket.on('error', () => undefined).on('end', () => socket.end());
  socket.end(bytes);
  await once(socket, 'close');
  return text;
}

async function sendGarbage(port: number): Promise<string[]> {
  const next = randomWords(2);
  const problems: string[] = [];
  await forEachOf(RAW_REQUESTS, async (n) => {
    const bytes = rawGarbage(next, n);
    const text = await sendRaw(port, bytes);
    if (text !== '' && !/^(HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 4\d\d /.test(text))
      problems.push(`${Buffer.from(bytes).toString('latin1').slice(0, 100)} -> ${text}`);
  });
  return problems;
}

test('3000 malformed requests are refused as the fault of the client, and the server lives', async (t) => {
  const { cli, url } = await startProcess(t, ROWS, '--max-hashes', String(MAX_HASHES));
  const agent = connect(t, AT_ONCE);
  const codes = new Set<string>();
  t.deepEqual((await sendMalformed(agent, url, codes)).slice(0, 10), []);
  t.deepEqual((await sendGarbage(Number(new URL(url).port))).slice(0, 10), []);
  for (const code of [
    'BB_HASH_INVALID',
    'BB_HTTP_BODY',
    'BB_HTTP_TOO_LARGE',
    'BB_HTTP_METHOD',
    'BB_HTTP_QUERY',
  ])
    t.true(codes.has(code), code);
  t.deepEqual((await ask(agent, url, '/scores', jsonBody([-123n, 6n]))).json, {
    columns: ['aesthetic', 'punsafe'],
    scores: [[7.25, 0.5], null],
  });
  cli.process.kill('SIGTERM');
  const { exitCode, stderr } = await cli.ended;
  t.is(exitCode, 0);
  t.is(stderr.split('\n').length, 3, `nothing but the address and the farewell: ${stderr}`);
});

test('a client that sends too much still gets the answer, and its connection goes on', async (t) => {
  const { server } = await makeWorld(t, { maxHashes: 10 });
  const socket = connectSocket(server.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const megabytes = 8;
  socket.write(
    `POST /scores HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: ${megabytes * 2 ** 20}\r\n\r\n`,
  );
  for (let i = 0; i < megabytes; i++) socket.write(Buffer.alloc(2 ** 20));
  socket.write('GET /score/-123 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await once(socket, 'end');
  t.regex(text, /^HTTP\/1.1 413 .*BB_HTTP_TOO_LARGE.*HTTP\/1.1 200 .*7\.25/s);
});

test('a chunked body without end is refused at the limit', async (t) => {
  const { server } = await makeWorld(t, { maxHashes: 10, requestTimeoutMs: 600_000 });
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(1000, '5');
  }
  const agent = connect(t);
  const answer = await ask(agent, server.url, '/scores', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: endless() as never,
  });
  t.is(answer.status, 413);
  t.is(errorCode(answer), 'BB_HTTP_TOO_LARGE');
});

/** Sends a byte at a time until the server has closed the connection; gives what it said. */
async function drip(t: ExecutionContext, port: number, text: string): Promise<string> {
  const socket = connectSocket(port, '127.0.0.1');
  const timer = setInterval(() => socket.write(text[sent++ % text.length]!), 20);
  t.teardown(() => clearInterval(timer));
  let sent = 0;
  let answer = '';
  socket.on('error', () => undefined);
  socket.setEncoding('utf8').on('data', (part: string) => {
    answer += part;
  });
  await once(socket, 'close');
  clearInterval(timer);
  return answer;
}

test('headers and bodies that come drop by drop end with 408', async (t) => {
  const { server } = await makeWorld(t, { requestTimeoutMs: 300 });
  const answers = await Promise.all([
    drip(t, server.port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Header: a\r\n'),
    drip(
      t,
      server.port,
      `POST /scores HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n${' '.repeat(9999)}`,
    ),
  ]);
  for (const answer of answers) t.regex(answer, /^HTTP\/1.1 408 .*BB_HTTP_TIMEOUT/s);
});
