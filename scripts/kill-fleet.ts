/**
 * One run by workers that die: each is ended by SIGKILL at a moment by chance and started anew, Redis is killed and restarted without its data, and one worker is
 * stopped for longer than its lease and goes on. Then all is merged and compared with a run of one process. Needs redis-server. Ends with 1 where a byte
 * differs, or a shard is lost or doubled.
 *
 * With --objects the run lies in object storage: a server of the tests, which answers every so many requests with an error, or does what is asked and loses its answer.
 *
 *   node .build/scripts/kill-fleet.js [--shards 1000] [--workers 6] [--life 20] [--restarts 5] [--asleep 90] [--objects] [--fault-every 50]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { digestObjects } from '../test/helpers/digest-objects.ts';
import { digestRun } from '../test/helpers/digest-run.ts';
import { startImageHost } from '../test/helpers/image-host.ts';
import { makePicture } from '../test/helpers/pictures.ts';
import { type S3Fault, type S3Server, startS3Server } from '../test/helpers/s3-server.ts';
import { buildShard } from '../test/helpers/shard-builder.ts';

const { values } = parseArgs({
  options: {
    shards: { type: 'string', default: '1000' },
    workers: { type: 'string', default: '6' },
    life: { type: 'string', default: '20' },
    restarts: { type: 'string', default: '5' },
    asleep: { type: 'string', default: '90' },
    objects: { type: 'boolean', default: false },
    'fault-every': { type: 'string', default: '50' },
  },
});
const [shards, workers, life, restarts, asleep] = (
  ['shards', 'workers', 'life', 'restarts', 'asleep'] as const
).map((name) => Number(values[name])) as [number, number, number, number, number];

const CLI = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const ROWS_PER_SHARD = 2;
const PORT = 7399;
const QUEUE = `redis://127.0.0.1:${PORT}`;
const SETTINGS = [
  ...['--number-sample-per-shard', `${ROWS_PER_SHARD}`, '--allow-private-addresses'],
  ...['--processes-count', '1', '--timeout', '60'],
];

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
}

async function run(args: readonly string[]): Promise<number | null> {
  const [code] = (await once(
    start(args).on('spawn', () => undefined),
    'exit',
  )) as [number | null];
  return code;
}

function startRedis(): ChildProcess {
  return spawn('redis-server', ['--port', `${PORT}`, '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
}

let faults = 0;

/** A server whose requests now and then fail, or are done and lose their answer. */
async function startObjects(faultEvery: number): Promise<S3Server> {
  const server = await startS3Server();
  Object.assign(process.env, server.environment);
  const kinds: readonly S3Fault[] = [
    { kind: 'error', status: 500, code: 'InternalError' },
    { kind: 'error', status: 503, code: 'SlowDown' },
    { kind: 'lost-answer' },
    { kind: 'closed' },
  ];
  for (const fault of kinds)
    server.faults.push({
      fault,
      when: () => {
        const isMet = Math.random() * faultEvery * kinds.length < 1;
        if (isMet) faults++;
        return isMet;
      },
    });
  return server;
}

function say(text: string): void {
  process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0)} s: ${text}\n`);
}

/** Workers that are started again until one ends by itself. */
class Crew {
  deaths = 0;
  sleeps = 0;
  #over = false;

  async keepOne(runFolder: string): Promise<void> {
    while (!this.#over) {
      const worker = start([
        'work',
        runFolder,
        '--queue',
        QUEUE,
        '--shards-at-once',
        '8',
        '--chaos',
        `${life}`,
      ]);
      const [code, signal] = (await once(worker, 'exit')) as [number | null, string | null];
      if (code === 0) this.#over = true;
      else if (signal === 'SIGKILL') this.deaths++;
      else say(`a worker ended with ${code ?? signal}`);
    }
  }

  /** One that does not die, but sleeps past its lease while a merge takes it for dead. */
  async sleeper(runFolder: string): Promise<void> {
    const worker = start(['work', runFolder, '--queue', QUEUE, '--shards-at-once', '8']);
    const ended = once(worker, 'exit') as Promise<[number | null, string | null]>;
    await sleep(15_000);
    worker.kill('SIGSTOP');
    await sleep(asleep * 1000);
    await run(['merge', runFolder]);
    worker.kill('SIGCONT');
    const [code] = await ended;
    this.sleeps++;
    say(`the worker that slept ended with ${code}`);
  }
}

const startedMs = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'bowerbird-kill-fleet-'));
const pictures = await Promise.all([0, 1, 2, 3].map((seed) => makePicture(seed)));
const resources = Array.from(
  { length: shards * ROWS_PER_SHARD },
  (_, row) => [`/${row}.jpg`, pictures[row % pictures.length]!] as const,
);
const host = await startImageHost(new Map(resources));
const input = join(folder, 'rows.parquet');
await buildShard(
  input,
  resources.map(([path]) => ({ URL: `${host.origin}${path}` })),
  {},
);
const objects = values.objects ? await startObjects(Number(values['fault-every'])) : undefined;
const [alone, shared] = [join(folder, 'alone'), objects ? 's3://bucket/shared' : join(folder, 'shared')];

/** How many shards of the shared run have their stats. */
function countCommitted(): number {
  return objects ? objects.keys('bucket', 'shared/stats/').length : readdirSync(join(shared, 'stats')).length;
}

/** What others see of it. */
async function digestShared(): Promise<Record<string, string>> {
  if (objects) return digestObjects(objects, shared);
  const all = Object.entries(await digestRun(shared));
  return Object.fromEntries(all.filter(([name]) => !/^\.|^plan\.json$/.test(name)));
}

function recordOf(): { readonly rows: number; readonly shards: number } {
  const bytes = objects?.bytesOf('bucket', 'shared/run.json') ?? readFileSync(join(shared, 'run.json'));
  return JSON.parse(bytes.toString()) as { readonly rows: number; readonly shards: number };
}

let redis = startRedis();
try {
  await run(['score', input, '--output-folder', alone, ...SETTINGS]);
  say(`one process has done ${shards} shards`);
  await run(['plan', input, '--output-folder', shared, ...SETTINGS]);
  const coordinator = start(['coordinate', shared, '--queue', QUEUE]);
  const coordinated = once(coordinator, 'exit') as Promise<[number | null]>;
  const crew = new Crew();
  const work = Promise.all([
    ...Array.from({ length: workers - 1 }, () => crew.keepOne(shared)),
    crew.sleeper(shared),
  ]);
  for (let restart = 0; restart < restarts; restart++) {
    await Promise.race([sleep(15_000), work]);
    redis.kill('SIGKILL');
    await once(redis, 'exit');
    await sleep(1000);
    redis = startRedis();
    say(`Redis is new; ${countCommitted()} of ${shards} shards committed`);
  }
  const [code] = await coordinated;
  await work;
  const merged = await run(['merge', shared]);
  const [one, seen] = await Promise.all([digestRun(alone), digestShared()]);
  const differing = [...new Set([...Object.keys(one), ...Object.keys(seen)])].filter(
    (name) => one[name] !== seen[name],
  );
  const { rows, shards: recorded } = recordOf();
  const report = {
    ...{
      coordinator: code,
      merge: merged,
      deaths: crew.deaths,
      redis_restarts: restarts,
      sleeps: crew.sleeps,
    },
    committed: countCommitted(),
    ...(objects && {
      requests: objects.counts.requests,
      faults,
      left_over: objects.keys('bucket', 'shared/.workers/').length,
    }),
    ...{ rows, shards: recorded, files: Object.keys(one).length, differing },
  };
  console.log(JSON.stringify(report, null, 2));
  process.exitCode =
    code === 0 && merged === 0 && differing.length === 0 && report.committed === shards ? 0 : 1;
} finally {
  redis.kill('SIGKILL');
  await host.stop();
  await objects?.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
