import { setTimeout as sleep } from 'node:timers/promises';
import anyTest, { type ExecutionContext } from 'ava';
import { createDownloader, type Downloader } from '../../src/download/downloader.ts';
import { HostLeases } from '../../src/fleet/queue/host-leases.ts';
import { openRedis } from '../../src/fleet/queue/redis.ts';
import { shareHosts } from '../../src/fleet/queue/shared-hosts.ts';
import { startImageHost } from '../helpers/image-host.ts';
import { startRedis, type TestRedis, withoutRedis } from '../helpers/redis.ts';
import { until } from '../helpers/until.ts';

const reason = withoutRedis();
if (reason) process.stderr.write(`Left out: hosts that workers share, since ${reason}.\n`);
const test = reason ? anyTest.skip : anyTest;

const ROWS = 40;
const ANSWER_MS = 15;

/** A host that sees how many requests are in flight to it. */
async function startBusyHost(
  t: ExecutionContext,
): Promise<{ url: (row: number) => string; most: () => number }> {
  let [now, most] = [0, 0];
  const resources = new Map(
    Array.from({ length: 4 * ROWS }, (_, row) => [
      `/${row}`,
      async (_request: unknown, response: { end(body: string): void }) => {
        most = Math.max(most, ++now);
        await sleep(ANSWER_MS);
        now--;
        response.end('a picture');
      },
    ]),
  );
  const host = await startImageHost(resources as never);
  t.teardown(() => host.stop());
  return { url: (row) => `${host.origin}/${row}`, most: () => most };
}

interface TestWorker {
  readonly downloader: Downloader;
  readonly notes: string[];
  /** As a process that is killed: nothing is given back. */
  vanish(): void;
}

async function startWorker(
  t: ExecutionContext,
  redis: TestRedis,
  name: string,
  { perHost, leaseMs = 5000 }: { perHost: number; leaseMs?: number },
): Promise<TestWorker> {
  const connection = await openRedis(redis.url);
  const notes: string[] = [];
  const openHostBudget = shareHosts({
    leases: new HostLeases(connection, name, leaseMs),
    onNote: (text) => notes.push(text),
  });
  const downloader = createDownloader(
    { threadCount: 64, perHost, allowPrivateAddresses: true, timeoutMs: 60_000 },
    { openHostBudget },
  );
  t.teardown(async () => {
    await downloader.close();
    connection.disconnect();
  });
  return { downloader, notes, vanish: () => connection.disconnect() };
}

/** Fetches `ROWS` pictures of a host at once, and says how many came. */
async function fetchAll({ downloader }: TestWorker, url: (row: number) => string): Promise<number> {
  const outcomes = await Promise.all(
    Array.from({ length: ROWS }, async (_, row) => {
      const outcome = await downloader.download(url(row));
      if (outcome.kind === 'downloaded') outcome.release();
      return outcome.kind;
    }),
  );
  return outcomes.filter((kind) => kind === 'downloaded').length;
}

test('workers that share a host never have more requests in flight to it together than one may, and all come to their end', async (t) => {
  const redis = await startRedis(t);
  const host = await startBusyHost(t);
  const workers = await Promise.all(
    ['a', 'b', 'c'].map((name) => startWorker(t, redis, name, { perHost: 4 })),
  );
  const came = await Promise.all(workers.map((worker) => fetchAll(worker, host.url)));
  t.deepEqual(came, [ROWS, ROWS, ROWS]);
  t.true(host.most() <= 4, `${host.most()} at once`);
  t.deepEqual(
    workers.flatMap(({ notes }) => notes),
    [],
  );
});

test('where a limit is less than the workers it goes round', async (t) => {
  const redis = await startRedis(t);
  const host = await startBusyHost(t);
  const workers = await Promise.all(
    ['a', 'b', 'c'].map((name) => startWorker(t, redis, name, { perHost: 1 })),
  );
  const came = await Promise.all(workers.map((worker) => fetchAll(worker, host.url)));
  t.deepEqual(came, [ROWS, ROWS, ROWS]);
  t.is(host.most(), 1);
});

test('what a worker had that died comes back once its lease is over', async (t) => {
  const redis = await startRedis(t);
  const leases = (connection: Awaited<ReturnType<typeof openRedis>>, name: string): HostLeases =>
    new HostLeases(connection, name, 2_000);
  const connection = await openRedis(redis.url);
  t.teardown(() => connection.disconnect());
  const [dead, heir] = [leases(connection, 'dead'), leases(connection, 'heir')];
  const ask = { host: 'a.example', limit: 4, inFlight: 4, wanted: 4 };
  t.deepEqual((await dead.ask([ask])).granted, [4]);
  t.deepEqual((await heir.ask([{ ...ask, inFlight: 0 }])).granted, [0]);
  await until(async () => (await heir.ask([{ ...ask, inFlight: 0 }])).granted[0] === 4);
  t.is((await heir.ask([])).processes, 1);
});

test('a limit is divided by what each wants, and what is held is never given twice', async (t) => {
  const redis = await startRedis(t);
  const connection = await openRedis(redis.url);
  t.teardown(() => connection.disconnect());
  const workers = ['a', 'b', 'c'].map((name) => new HostLeases(connection, name, 60_000));
  const ask = async (worker: number, inFlight: number, wanted: number): Promise<number> => {
    const { granted } = await workers[worker]!.ask([{ host: 'a.example', limit: 9, inFlight, wanted }]);
    return granted[0]!;
  };
  t.is(await ask(0, 0, 20), 9);
  t.is(await ask(1, 0, 20), 0);
  // Four or five each: one goes round.
  t.true([4, 5].includes(await ask(0, 9, 20)));
  // It holds all of them until their requests have ended.
  t.is(await ask(1, 0, 20), 0);
  t.true([4, 5].includes(await ask(0, 5, 20)));
  t.is(await ask(1, 0, 20), 4);
  t.is(await ask(2, 0, 1), 0);
  t.is(await ask(0, 4, 20), 4);
  t.is(await ask(2, 0, 1), 1);
  t.is(await ask(1, 0, 0), 0);
  t.is(await ask(0, 4, 20), 8);
});

test('of several limits the lowest counts for all while one asks that has it, and who has a higher one is told, once', async (t) => {
  const redis = await startRedis(t);
  const host = await startBusyHost(t);
  const high = await startWorker(t, redis, 'high', { perHost: 8 });
  const low = await startWorker(t, redis, 'low', { perHost: 2 });
  let isLowDone = false;
  const keepBusy = async (): Promise<void> => {
    while (!isLowDone) await fetchAll(high, host.url);
  };
  const busy = keepBusy();
  await until(() => host.most() === 8);
  t.is(await fetchAll(low, host.url), ROWS, 'the other asks without end, and may have more');
  isLowDone = true;
  await busy;
  const told = ({ notes }: TestWorker): string[] => notes.filter((note) => note.includes('lower limit'));
  t.deepEqual(told(low), []);
  t.is(told(high).length, 1);
  t.regex(told(high)[0]!, /lower limit than this one: 2 requests at 127\.0\.0\.1:\d+, and not 8/);
});

test('a lower limit counts for what others may begin, and no longer once who has it is gone', async (t) => {
  const redis = await startRedis(t);
  const connection = await openRedis(redis.url);
  t.teardown(() => connection.disconnect());
  const [high, low] = ['high', 'low'].map((name) => new HostLeases(connection, name, 60_000));
  const host = 'a.example';
  const asHigh = async (inFlight: number) => high!.ask([{ host, limit: 8, inFlight, wanted: 20 }]);
  const asLow = async (inFlight: number, wanted = 20) => low!.ask([{ host, limit: 2, inFlight, wanted }]);
  t.deepEqual(await asHigh(0), { processes: 1, granted: [8], limits: [8] });
  t.deepEqual(await asLow(0), { processes: 2, granted: [0], limits: [2] });
  t.deepEqual(await asHigh(8), { processes: 2, granted: [1], limits: [2] });
  t.deepEqual(await asHigh(1), { processes: 2, granted: [1], limits: [2] });
  t.deepEqual(await asLow(0), { processes: 2, granted: [1], limits: [2] });
  t.deepEqual(await asLow(0, 0), { processes: 2, granted: [0], limits: [2] });
  t.deepEqual(await asHigh(1), { processes: 2, granted: [8], limits: [8] });
});

test('without Redis each worker goes on with its part of the limit, says so, and shares again once it is back', async (t) => {
  const redis = await startRedis(t);
  const host = await startBusyHost(t);
  const workers = await Promise.all(['a', 'b'].map((name) => startWorker(t, redis, name, { perHost: 4 })));
  await Promise.all(workers.map((worker) => fetchAll(worker, host.url)));
  // One may have asked for the last time before the other came: each asks once more.
  for (const worker of workers) await fetchAll(worker, host.url);
  await redis.kill();
  const came = await Promise.all(workers.map((worker) => fetchAll(worker, host.url)));
  t.deepEqual(came, [ROWS, ROWS]);
  t.true(host.most() <= 4, `${host.most()} at once`);
  await until(() => workers.every(({ notes }) => notes.length > 0));
  for (const { notes } of workers) t.regex(notes[0]!, /Redis is away.*one of 2/);
  await redis.restart();
  const fetching = workers.map(async (worker) => {
    while (worker.notes.length < 2) await fetchAll(worker, host.url);
  });
  await Promise.all(fetching);
  for (const { notes } of workers) t.regex(notes[1]!, /Redis is back/);
});

test('a worker that vanishes in the midst holds up nobody for longer than its lease', async (t) => {
  const redis = await startRedis(t);
  const host = await startBusyHost(t);
  const [lost, other] = (await Promise.all(
    ['a', 'b'].map((name) => startWorker(t, redis, name, { perHost: 2, leaseMs: 3000 })),
  )) as [TestWorker, TestWorker];
  const gone = fetchAll(lost, host.url);
  await until(() => host.most() > 0);
  lost.vanish();
  await lost.downloader.close();
  await gone;
  t.is(await fetchAll(other, host.url), ROWS);
});

test('a thousand hosts are asked for in a few round trips, and given back in as few', async (t) => {
  const redis = await startRedis(t);
  const connection = await openRedis(redis.url);
  t.teardown(() => connection.disconnect());
  const told = new Set<string>();
  const open = shareHosts({ leases: new HostLeases(connection, 'w', 60_000), onNote: () => undefined });
  const budget = open((host) => told.add(host));
  t.teardown(() => budget.close());
  const hosts = Array.from({ length: 1000 }, (_, i) => `${i}.example`);
  for (const host of hosts) t.false(budget.mayBegin(host, { limit: 4, inFlight: 0, wanted: 1 }));
  await until(() => told.size === 1000);
  for (const host of hosts) t.true(budget.mayBegin(host, { limit: 4, inFlight: 0, wanted: 1 }));
  const asked = await calls();
  t.true(asked <= 6, `${asked} calls`);
  // Nobody has begun one: all goes back.
  await until(async () => (await connection.dbsize()) === 1);
  const all = await calls();
  t.true(all <= 16, `${all} calls`);
  budget.close();
  t.true(
    budget.mayBegin('late.example', { limit: 4, inFlight: 4, wanted: 5 }),
    'what comes late is not kept waiting',
  );

  async function calls(): Promise<number> {
    return Number(/cmdstat_eval:calls=(\d+)/.exec(await connection.info('commandstats'))?.[1] ?? 0);
  }
});
