import test, { type ExecutionContext } from 'ava';
import { describeRest } from '../../src/cli/run-rest.ts';
import { describeStatus } from '../../src/cli/status-view.ts';
import { HeldRun } from '../../src/fleet/held-run.ts';
import { ObjectBackend } from '../../src/fleet/object-backend.ts';
import { ReplacedShards } from '../../src/fleet/replaced-shards.ts';
import { takeAtHand } from '../../src/fleet/run-at-hand.ts';
import { SharedRun } from '../../src/fleet/shared-run.ts';
import { StatusReader } from '../../src/fleet/status/run-status.ts';
import { lockStoredRun } from '../../src/fleet/stored-run-lock.ts';
import { findEmbeddings } from '../../src/rescore/pairs.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import type { ShardStats } from '../../src/runs/stats.ts';
import { FolderCopy } from '../../src/storage/folder-copy.ts';
import { openStorage, type Storage } from '../../src/storage/storage.ts';
import { expandInputs } from '../../src/tables/inputs.ts';
import { withTagsOfRuns } from '../../src/tables/run-tags.ts';
import { resolveInputs } from '../../src/tally/inputs.ts';
import { thrownBy } from '../helpers/failing-files.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { startS3Server } from '../helpers/s3-server.ts';
import { recordWith } from '../runs/setup.ts';
import { FATES, interposed, standingWorker, takeOver } from './interposed.ts';
import { workShard } from './worked-shard.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment);
const storage = await openStorage('s3://bucket/x', { retry: { attempts: 1 } });
test.after.always(() => server.stop());

/** A run whose shard 0 is committed, with a file that what replaces it has not. */
async function committed(url: string): Promise<ShardStats> {
  const run = new SharedRun(new ObjectBackend(url, storage));
  const stats = await workShard(run, 'earlier', 'earlier', ['tags', 'partials']);
  await run.commit('earlier', stats);
  await storage.put(`${url}/run.json`, Buffer.from(JSON.stringify(recordWith({ state: 'done' }))));
  return stats;
}

/** Replaces shard 0 as a process does that holds the run. */
async function replace(
  t: ExecutionContext,
  url: string,
  earlier: ShardStats,
  { through = storage, worker = 'later' } = {},
) {
  const backend = new ObjectBackend(url, through);
  const stats = await workShard(new SharedRun(backend), worker, worker, ['tags']);
  const scratch = new RunFolder(await makeFolder(t));
  await holding(backend, (shards) => shards.replace(worker, stats, { earlier, scratch }));
}

async function holding(backend: ObjectBackend, work: (shards: ReplacedShards) => Promise<void>) {
  const lock = await lockStoredRun(backend.at, () => undefined);
  try {
    await work(new ReplacedShards(backend, new HeldRun(backend.at, await backend.storage(), lock)));
  } finally {
    await lock.release();
  }
}

async function settle(url: string, through: Storage = storage): Promise<void> {
  await holding(new ObjectBackend(url, through), (shards) => shards.settle(() => undefined));
}

/** What others see of the shard. */
function seen(url: string): string[] {
  const prefix = `${url.slice('s3://bucket/'.length)}/`;
  const names = server.keys('bucket', prefix).map((key) => key.slice(prefix.length));
  return names.filter((name) => !name.startsWith('.') && name !== 'run.json');
}

const EARLIER = [
  'images/00000/0.jpg',
  'partials/00000.arrow',
  'stats/00000_stats.json',
  'tags/00000.parquet',
];
const REPLACED = EARLIER.filter((name) => !name.startsWith('partials'));

function left(url: string): string[] {
  const prefix = url.slice('s3://bucket/'.length);
  return ['.workers/', '.replacing/'].flatMap((folder) => server.keys('bucket', `${prefix}/${folder}`));
}

for (const [what, fate] of FATES)
  test(`whatever request of a replacement ${what}, the next that takes the run finds the shard as it was, or ends it`, async (t) => {
    const outcomes = new Set<string | undefined>();
    for (let n = 0; ; n++) {
      const url = `s3://bucket/replaced-${what.length}-${n}`;
      const earlier = await committed(url);
      const doomed = interposed(storage, n, fate);
      const thrown = await thrownBy(() => replace(t, url, earlier, { through: doomed.storage }));
      await settle(url);
      const standing = standingWorker(server, url);
      t.deepEqual(seen(url), standing === 'earlier' ? EARLIER : REPLACED, `request ${n}`);
      await new SharedRun(new ObjectBackend(url, storage)).tidy();
      t.deepEqual(left(url), [], `request ${n}`);
      if (!doomed.met()) {
        t.is(thrown, undefined);
        t.is(standing, 'later');
        break;
      }
      outcomes.add(standing);
    }
    t.deepEqual([...outcomes].sort(), ['earlier', 'later']);
  });

test('whatever request a replacement is ended with fails, the next ends it', async (t) => {
  for (let n = 0; ; n++) {
    const url = `s3://bucket/ended-${n}`;
    const earlier = await committed(url);
    const stopping = new Proxy(storage, {
      get: (target, name) =>
        name === 'copy'
          ? () => Promise.reject(new Error('killed'))
          : ((value) => (typeof value === 'function' ? value.bind(target) : value))(
              Reflect.get(target, name) as unknown,
            ),
    });
    await t.throwsAsync(replace(t, url, earlier, { through: stopping }), { message: 'killed' });
    const doomed = interposed(storage, n, FATES[1]![1]);
    await thrownBy(() => settle(url, doomed.storage));
    await settle(url);
    t.is(standingWorker(server, url), 'later', `request ${n}`);
    t.deepEqual(seen(url), REPLACED);
    t.is(server.bytesOf('bucket', `ended-${n}/run.json`)!.toString().includes('running'), true);
    if (!doomed.met()) break;
  }
});

test.serial(
  'who slept in a replacement while another ended it and replaced the shard again changes no byte of what stands, and removes no marker of another',
  async (t) => {
    const { now } = Date;
    t.teardown(() => {
      Date.now = now;
    });
    const outcomes = new Set<string>();
    for (let n = 0; ; n++) {
      const url = `s3://bucket/slept-${n}`;
      const earlier = await committed(url);
      const sleepy = interposed(storage, n, async (call) => {
        takeOver(server, url);
        await settle(url);
        const standing = (await new ObjectBackend(url, storage).finished(0))!;
        await replace(t, url, standing, { worker: 'third' });
        Date.now = () => now() + (n + 1) * 3_600_000;
        server.hold('bucket', `slept-${n}/.replacing/00000-fourth.json`, 'of another');
        return call();
      });
      const thrown = await thrownBy(() => replace(t, url, earlier, { through: sleepy.storage }));
      if (!sleepy.met()) {
        t.is(thrown, undefined);
        break;
      }
      outcomes.add(String((thrown as { code?: string } | undefined)?.code));
      t.is(standingWorker(server, url), 'third', `request ${n}`);
      t.is(String(server.bytesOf('bucket', `slept-${n}/.replacing/00000-fourth.json`)), 'of another');
      await storage.delete(`${url}/.replacing/00000-fourth.json`);
      await settle(url);
      await new SharedRun(new ObjectBackend(url, storage)).tidy();
      t.is(standingWorker(server, url), 'third', `after request ${n}`);
      t.deepEqual(seen(url), REPLACED);
      t.deepEqual(left(url), [], `request ${n}`);
    }
    // Whose last request it was has nothing left to do.
    t.deepEqual([...outcomes].sort(), ['BB_RUN_LOCKED', 'undefined']);
  },
);

test('while a shard is partly old and partly new its run is not done, and whoever reads it is told how that is mended', async (t) => {
  const url = 's3://bucket/torn';
  const earlier = await committed(url);
  server.hold('bucket', 'torn/run.json', JSON.stringify(recordWith({ shards: 1, state: 'done' })));
  for (const name of ['img_emb/img_emb_00000.npy', 'metadata/metadata_00000.parquet'])
    server.hold('bucket', `torn/${name}`, 'x');
  const reads = [
    () => expandInputs([`${url}/tags`]),
    () => expandInputs(['s3://bucket/tor*/tags/*.parquet']),
    async () => resolveInputs([url]),
    async () => expandInputs(await withTagsOfRuns([`${url}/`], undefined)),
    () => findEmbeddings([url]),
    () => FolderCopy.open(url),
  ];
  for (const read of reads) await t.notThrowsAsync(read);
  const reader = await StatusReader.open(url);
  t.like(await reader.look(), { state: 'done', replacing: [] });
  const killed = interposed(storage, Number.POSITIVE_INFINITY, (call) => call());
  const stopping = new Proxy(killed.storage, {
    get: (target, name) =>
      name === 'copy' ? () => Promise.reject(new Error('killed')) : (Reflect.get(target, name) as unknown),
  });
  await t.throwsAsync(replace(t, url, earlier, { through: stopping }), { message: 'killed' });
  const status = await reader.look();
  t.like(status, { state: 'replacing', replacing: [0], shards: { waiting: 0, committed: 1 } });
  t.regex(describeStatus(status), /^replacing {2}1 \(0\), partly old and partly new: `bowerbird merge`/m);
  t.notRegex(describeStatus(status), /, done$/m);
  t.regex(
    describeRest({ open: 0, replacing: [0], damaged: [] }, url),
    /partly old and partly new \(0\).*`bowerbird merge s3:/,
  );
  t.regex(describeRest({ open: 0, replacing: [], damaged: [] }, url), /All shards of the plan are committed/);
  for (const [index, read] of reads.entries())
    await t.throwsAsync(
      read,
      {
        code: 'BB_OUTPUT_UNFINISHED',
        message:
          /^s3:\/\/bucket\/torn is partly old .*`bowerbird merge s3:\/\/bucket\/torn` or the same `score --retry-failed`/,
      },
      `${index}`,
    );
  await settle(url);
  for (const read of reads) await t.notThrowsAsync(read);
  t.like(await reader.look(), { state: 'done', replacing: [] });
});

test('what a finished shard consists of is fetched with its digests, and a file that is gone or another is told by its URL', async (t) => {
  const url = 's3://bucket/fetched';
  const stats = await committed(url);
  const backend = new ObjectBackend(url, storage);
  const lock = await lockStoredRun(url, () => undefined);
  t.teardown(() => lock.release());
  const shards = new ReplacedShards(backend, new HeldRun(url, storage, lock));
  await t.notThrowsAsync(async () => shards.fetch(stats, new RunFolder(await makeFolder(t))));
  await storage.put(`${url}/tags/00000.parquet`, Buffer.from('another'));
  const expected = {
    code: 'BB_RUN_CORRUPT',
    message: /s3:\/\/bucket\/fetched\/tags\/00000\.parquet is gone, or/,
  };
  await t.throwsAsync(async () => shards.fetch(stats, new RunFolder(await makeFolder(t))), expected);
  await storage.delete(`${url}/tags/00000.parquet`);
  await t.throwsAsync(async () => shards.fetch(stats, new RunFolder(await makeFolder(t))), expected);
});

test('a run.json that is no record is told by its URL before anything is settled or replaced, with what helps there', async (t) => {
  const url = 's3://bucket/cut';
  const earlier = await committed(url);
  for (const text of ['', 'null', '{"format":"bowerbird-run","ver', '{"state":"done"}']) {
    server.hold('bucket', 'cut/run.json', text);
    const before = seen(url);
    for (const work of [
      () => settle(url),
      () => replace(t, url, earlier),
      () => takeAtHand(url, () => undefined),
    ]) {
      const error = await t.throwsAsync<Error>(work, { code: 'BB_RUN_CORRUPT' });
      t.regex(error.message, /^s3:\/\/bucket\/cut\/run\.json is not .*plan it anew/);
    }
    t.deepEqual(seen(url), before);
    t.is(String(server.bytesOf('bucket', 'cut/run.json')), text);
    t.deepEqual(server.keys('bucket', 'cut/.replacing/'), []);
  }
});
