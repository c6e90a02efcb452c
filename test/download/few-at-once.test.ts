import { createServer, type Server, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ManualClock } from '../helpers/manual-clock.ts';
import { portOf, startRawHost } from '../helpers/raw-host.ts';
import { until } from '../helpers/until.ts';
import { startDownloader } from './setup.ts';

const ROWS = 200;
const TAKEN = 4;
/** As long as a host works on a request, in ms: longer than it takes to hang up on another. */
const WORK_MS = 5;
const IMAGE = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nimage';

/** Takes off the most that jitter may take off, so that what is tried again is tried soon. */
const soon = { random: (): number => 0.999 };

interface FewHost {
  readonly port: number;
  refusals: number;
  served: number;
}

async function listen(t: ExecutionContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, resolve));
  t.teardown(() => void server.close());
  return portOf(server);
}

/** A host that works on four requests at a time, and refuses what comes beside them: as `refuse` does, when it connects or when it asks. */
async function startFewHost(t: ExecutionContext, how: 'resets' | 'says 503'): Promise<FewHost> {
  const counts = { refusals: 0, served: 0 };
  let [open, atWork] = [0, 0];
  const answer = (socket: Socket): void => {
    if (how === 'says 503' && atWork >= TAKEN) {
      counts.refusals++;
      socket.write('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    atWork++;
    setTimeout(() => {
      atWork--;
      counts.served++;
      socket.write(IMAGE);
    }, WORK_MS);
  };
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (how === 'resets' && open >= TAKEN) {
      counts.refusals++;
      socket.resetAndDestroy();
      return;
    }
    open++;
    socket.on('close', () => open--);
    socket.on('data', () => answer(socket));
  });
  return Object.assign(counts, { port: await listen(t, server) });
}

for (const how of ['resets', 'says 503'] as const)
  test(`a host that ${how === 'resets' ? 'resets all connections but four' : 'says 503 to all requests but four at a time'} brings every row, without retries`, async (t) => {
    const host = await startFewHost(t, how);
    const downloader = startDownloader(t, { perHost: 32, retries: 0 }, soon);
    const outcomes = await Promise.all(
      Array.from({ length: ROWS }, (_, i) => downloader.download(`http://127.0.0.1:${host.port}/${i}`)),
    );
    const failed = outcomes.filter(({ kind }) => kind === 'failed');
    for (const outcome of outcomes) if (outcome.kind === 'downloaded') outcome.release();
    t.log(`${host.refusals} refusals`);
    t.deepEqual(failed, []);
    t.is(host.served, ROWS);
    t.true(host.refusals <= ROWS / 4, `${host.refusals} refusals`);
  });

test('a host that resets every connection is given up after few: none is taken for one too many', async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => undefined);
    socket.resetAndDestroy();
  });
  const port = await listen(t, server);
  const downloader = startDownloader(t, { perHost: 32, retries: 0 }, soon);
  const rows = Array.from({ length: ROWS }, (_, i) => downloader.download(`http://127.0.0.1:${port}/${i}`));
  const reasons = (await Promise.all(rows)).map((outcome) =>
    'reason' in outcome ? outcome.reason : 'image',
  );
  t.deepEqual([...new Set(reasons)].sort(), ['connect_failed', 'host_unresponsive']);
  // Five that may be too many, and twice as many as are in flight until five rows are known to be silent.
  t.true(connections <= 15, `${connections} connections`);
});

test('a host that works on one request at a time brings every row at its pace, though it needs two fifths of the time of a head for each', async (t) => {
  const waiting: Socket[] = [];
  let most = 0;
  const host = await startRawHost(
    new Map([
      [
        '/',
        ({ socket }) => {
          waiting.push(socket);
          most = Math.max(most, waiting.length);
        },
      ],
    ]),
  );
  t.teardown(() => host.close());
  const clock = new ManualClock();
  const limits = {
    timeoutMs: 10_000,
    connectTimeoutMs: 4_000,
    headersTimeoutMs: 7_000,
    bodyIdleTimeoutMs: 5_000,
  };
  const downloader = startDownloader(t, { ...limits, perHost: 32, retries: 0 }, { clock });
  const rows = 40;
  let ended = 0;
  const outcomes = Promise.all(
    Array.from({ length: rows }, async () => {
      const outcome = await downloader.download(`http://127.0.0.1:${host.port}/`);
      ended++;
      return outcome;
    }),
  );
  await until(() => waiting.length === 5);
  for (let i = 0; i < rows; i++) {
    await until(() => waiting.length > 0);
    for (let passed = 0; passed < 3_000; passed += 500) clock.advance(500);
    waiting.shift()!.write(IMAGE);
    await until(() => ended > i);
  }
  const reasons = (await outcomes).map((outcome) => ('reason' in outcome ? outcome.reason : 'image'));
  t.deepEqual(
    reasons.filter((reason) => reason !== 'image'),
    [],
  );
  t.is(host.requests('/'), rows, 'none is asked for twice');
  t.true(most <= 10, `${most} wait for it at once`);
});
