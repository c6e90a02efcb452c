import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { sharp } from '../../src/decode/sharp-library.ts';
import { CATALOGUE } from '../../src/demo/catalogue.ts';
import { FAULTS, type FaultKind } from '../../src/demo/faults.ts';
import { type DemoHost, startDemoHost } from '../../src/demo/host.ts';
import { renderPicture } from '../../src/demo/pictures/render.ts';

async function start(t: ExecutionContext, port = 0): Promise<DemoHost> {
  const host = await startDemoHost({ port });
  t.teardown(() => host.stop());
  return host;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

async function get(url: string): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual' });
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  };
}

function isRefusal(status: number): (t: ExecutionContext, answer: Answer) => void {
  return (t, answer) => void t.is(answer.status, status);
}

async function isSound(t: ExecutionContext, { status, body }: Answer): Promise<void> {
  t.is(status, 200);
  await t.notThrowsAsync(sharp(body, { failOn: 'warning' }).raw().toBuffer());
}

function isServed(...starts: string[]): (t: ExecutionContext, answer: Answer) => void {
  return (t, { status, body }) => {
    t.is(status, 200);
    for (const start of starts) t.true(body.toString('latin1').startsWith(start));
  };
}

type Check = (t: ExecutionContext, answer: Answer, host: DemoHost) => Promise<void> | void;

const CHECKS: Readonly<Record<FaultKind, Check>> = {
  missing: isRefusal(404),
  gone: isRefusal(410),
  forbidden: isRefusal(403),
  'server-error': isRefusal(500),
  html: isServed('<!doctype html>'),
  svg: isServed('<svg '),
  bmp: isServed('BM'),
  empty: (t, { status, body }) => void t.deepEqual([status, body.length], [200, 0]),
  slow: isSound,
  async 'cut-jpeg'(t, { status, body }) {
    t.is(status, 200);
    t.deepEqual([...body.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    await t.throwsAsync(sharp(body, { failOn: 'error' }).raw().toBuffer());
  },
  async 'opted-out'(t, answer) {
    t.is(answer.headers.get('x-robots-tag'), 'noai');
    await isSound(t, answer);
  },
  async redirect(t, { status, headers }, host) {
    t.is(status, 302);
    await isSound(t, await get(new URL(headers.get('location') ?? '', host.origin).href));
  },
};

test('each fault is served as its name says', async (t) => {
  const host = await start(t);
  for (const { path, kind } of FAULTS) await CHECKS[kind](t, await get(host.origin + path), host);
});

test('a picture is served as it is painted, the second time too, and an unknown path is 404', async (t) => {
  const host = await start(t);
  const picture = CATALOGUE.find(({ format, expected }) => format === 'webp' && expected === 'good')!;
  const expected = await renderPicture(picture);
  for (let i = 0; i < 2; i++) {
    const { headers, body } = await get(host.origin + picture.path);
    t.is(headers.get('content-type'), 'image/webp');
    t.true(body.equals(expected));
  }
  t.is((await get(`${host.origin}/pictures/nobody-painted-this.jpg`)).status, 404);
});

test('where its port is taken, the host listens on another and says so', async (t) => {
  const first = await start(t);
  const second = await start(t, first.port);
  t.not(second.port, first.port);
  t.is(second.origin, `http://127.0.0.1:${second.port}`);
  t.is((await get(second.origin)).status, 404);
});

test('a stopped host gives its port back', async (t) => {
  const host = await startDemoHost({ port: 0 });
  await host.stop();
  await t.throwsAsync(fetch(host.origin), { message: 'fetch failed' });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('the host ends when its parent is killed', async (t) => {
  const script = fileURLToPath(new URL('../helpers/demo-host-parent-process.js', import.meta.url));
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const [pid, port] = line.toString().split(' ').map(Number);
  t.is((await get(`http://127.0.0.1:${port}/`)).status, 404);
  parent.kill('SIGKILL');
  while (isRunning(pid!)) await sleep(20);
  await t.throwsAsync(fetch(`http://127.0.0.1:${port}/`), { message: 'fetch failed' });
});
