import test from 'ava';
import { ObjectBackend } from '../../src/fleet/object-backend.ts';
import { SharedRun } from '../../src/fleet/shared-run.ts';
import type { ShardStats } from '../../src/runs/stats.ts';
import { openStorage, type Storage } from '../../src/storage/storage.ts';
import { thrownBy } from '../helpers/failing-files.ts';
import { type S3Server, startS3Server } from '../helpers/s3-server.ts';
import { FATES, interposed, standingWorker } from './interposed.ts';
import { workShard } from './worked-shard.ts';

let server: S3Server;
let storage: Storage;

test.before(async () => {
  server = await startS3Server();
  Object.assign(process.env, server.environment);
  storage = await openStorage('s3://bucket/x', { retry: { attempts: 1 } });
});
test.after.always(() => server.stop());

function runAt(url: string, through: Storage = storage): SharedRun {
  return new SharedRun(new ObjectBackend(url, through));
}

/** A shard of few files: each request of its commit has its turn. */
function work(run: SharedRun, worker: string): Promise<ShardStats> {
  return workShard(run, worker, worker, ['tags']);
}

function laid(url: string): string[] {
  return server.keys('bucket', `${url.slice('s3://bucket/'.length)}/.workers/`);
}

for (const [what, fate] of FATES)
  test(`whatever request of a commit ${what}, another that did the shard otherwise leaves it whole and of one of them`, async (t) => {
    const outcomes = new Set<string | undefined>();
    for (let n = 0; ; n++) {
      const url = `s3://bucket/${what.length}-${n}`;
      const doomed = interposed(storage, n, fate);
      const [first, second] = [runAt(url, doomed.storage), runAt(url)];
      const stats = await work(first, 'first');
      const others = await work(second, 'second');
      const thrown = await thrownBy(() => first.commit('first', stats));
      const stood = standingWorker(server, url);
      const { isOurs } = await second.commit('second', others);
      t.is(standingWorker(server, url), isOurs ? 'second' : 'first', `request ${n}`);
      if (stood) t.is(standingWorker(server, url), stood);
      await runAt(url).tidy();
      t.deepEqual(laid(url), [], `request ${n}`);
      if (!doomed.met()) {
        t.is(thrown, undefined);
        break;
      }
      outcomes.add(standingWorker(server, url));
    }
    t.deepEqual([...outcomes].sort(), ['first', 'second']);
  });

test('a worker that slept before any of its requests while another committed and a merge tidied changes no byte of what stands', async (t) => {
  const outcomes = new Set<string | undefined>();
  for (let n = 0; ; n++) {
    const url = `s3://bucket/asleep-${n}`;
    const second = runAt(url);
    let stood: string | undefined;
    const sleepy = interposed(storage, n, async (call) => {
      await second.commit('second', await work(second, 'second'));
      await runAt(url).tidy();
      stood = standingWorker(server, url);
      t.truthy(stood, `before request ${n}`);
      return call();
    });
    const first = runAt(url, sleepy.storage);
    const { isOurs } = await first.commit('first', await work(first, 'first'));
    if (!sleepy.met()) break;
    t.is(standingWorker(server, url), stood, `after request ${n}`);
    t.is(isOurs, stood === 'first');
    outcomes.add(stood);
    await runAt(url).tidy();
    t.deepEqual(laid(url), []);
  }
  t.deepEqual([...outcomes].sort(), ['first', 'second']);
});

test('a merge that comes between any two requests of a commit takes nothing that is still to be committed', async (t) => {
  for (let n = 0; ; n++) {
    const url = `s3://bucket/merged-${n}`;
    const watched = interposed(storage, n, async (call) => {
      await runAt(url).tidy();
      return call();
    });
    const run = runAt(url, watched.storage);
    const { isOurs } = await run.commit('first', await work(run, 'first'));
    t.true(isOurs);
    t.is(standingWorker(server, url), 'first', `request ${n}`);
    if (!watched.met()) break;
  }
});

test('files of a committed shard that were removed before they were in their places are told, and no stats are written', async (t) => {
  const url = 's3://bucket/robbed';
  const run = runAt(url);
  const stats = await work(run, 'first');
  const doomed = interposed(storage, Number.POSITIVE_INFINITY, (call) => call());
  const stopping = new Proxy(doomed.storage, {
    get: (target, name) =>
      name === 'copy' ? () => Promise.reject(new Error('killed')) : (Reflect.get(target, name) as unknown),
  });
  const worker = runAt(url, stopping);
  await thrownBy(async () => worker.commit('first', await work(worker, 'first')));
  t.deepEqual(await run.pendingCommits(), [0]);
  const [name] = Object.keys(stats.files);
  await storage.delete(`${url}/.workers/first/00000/${name}`);
  await t.throwsAsync(() => run.committed(0), { code: 'BB_RUN_CORRUPT', message: /lacks files/ });
  t.is(standingWorker(server, url), undefined);
});

test('a bucket that vanishes is told, and no shard counts as open for that', async (t) => {
  const run = runAt('s3://vanished/run');
  await t.throwsAsync(() => run.committed(0), { code: 'BB_STORAGE_NOT_FOUND', message: /bucket/ });
  await t.throwsAsync(() => run.committedIds(), { code: 'BB_STORAGE_NOT_FOUND', message: /bucket/ });
});

test.serial(
  'a shard costs a write, a copy and a removal for each of its files, a look at each source, and four requests more; its files go over the network once',
  async (t) => {
    const run = runAt('s3://bucket/counted');
    const stats = await workShard(run, 'first', 'first');
    // The first write of a process looks whether the bucket knows conditions.
    await storage.putIfAbsent('s3://bucket/counted/first', Buffer.alloc(0));
    server.forgetCounts();
    t.is(await run.committed(0), undefined);
    await run.commit('first', stats);
    const { HeadObject, PutObject, CopyObject, DeleteObject, ...others } = Object.fromEntries(
      server.counts.byOperation,
    );
    t.deepEqual(
      { PutObject, CopyObject, DeleteObject, HeadObject, others },
      // Two look whether it is done; each copy asks first how large its source is.
      { PutObject: 5 + 2, CopyObject: 5, DeleteObject: 5, HeadObject: 2 + 5, others: {} },
    );
    const files = Object.values(stats.files).reduce((sum, { bytes }) => sum + bytes, 0);
    const [marker, written] = ['.commits/00000.json', 'stats/00000_stats.json'].map(
      (name) => server.bytesOf('bucket', `counted/${name}`)!.length,
    );
    t.is(server.counts.receivedBytes, files + marker! + written!);
    t.is(server.counts.sentBytes, 0);
  },
);
