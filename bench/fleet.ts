// What a queue of shards costs, and how many workers it feeds. Real Redis, a real coordinator, workers that take shards as `bowerbird work` does and sleep in the place of
// working on them. Needs redis-server.
// Run: npx tsc; node .build/bench/fleet.js [--only overhead|fill|speedup|order] [--shards 600000] [--workers 64] [--seconds 60]
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openRedis } from '../src/fleet/queue/redis.ts';
import { shardsOf } from '../src/fleet/slice.ts';
import { spread } from '../src/fleet/spread.ts';
import { freePort } from '../test/helpers/redis.ts';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    shards: { type: 'string', default: '600000' },
    workers: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '60' },
    'overhead-shards': { type: 'string', default: '20000' },
  },
});

const TICKS_PER_SECOND = 100;
const WORKERS_PER_PROCESS = 16;
/** A shard takes minutes; what counts is that workers wait, and not for the CPU. */
const SLEEP_MS = 2000;

/** A state of the coordinator, as it says it. */
interface Told {
  readonly atMs: number;
  readonly committed: number;
  readonly waiting: number;
  readonly rssMb: number;
  readonly cpuSeconds: number;
}

/** What a process of workers has done. */
interface Done {
  readonly tallies: readonly { readonly firstMs: number; readonly lastMs: number; readonly done: number }[];
  readonly cpuSeconds: number;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A Redis and a run folder for one measurement. */
class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'bowerbird-bench-fleet-'));
  readonly redis: ChildProcess;
  readonly told: Told[] = [];
  coordinator: ChildProcess | undefined;

  readonly url: string;

  private constructor(port: number) {
    this.url = `redis://127.0.0.1:${port}`;
    mkdirSync(join(this.folder, 'stats'));
    const flags = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.redis = spawn('redis-server', flags, { stdio: 'ignore' });
  }

  static async open(): Promise<Stage> {
    const stage = new Stage(await freePort());
    for (let i = 0; i < 50; i++) {
      const redis = await openRedis(stage.url).catch(() => undefined);
      redis?.disconnect();
      if (redis) return stage;
      await sleep(100);
    }
    throw new Error('redis-server does not start');
  }

  startCoordinator(shards: number): void {
    this.coordinator = startScript('fleet-coordinator-process', [this.folder, this.url, `${shards}`]);
    createInterface({ input: this.coordinator.stdout! }).on('line', (line) =>
      this.told.push(JSON.parse(line)),
    );
  }

  /** Waits until the coordinator has said something of a kind. */
  async hasSaid(isIt: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const told = this.told.find(isIt);
      if (told) return told;
      await sleep(20);
    }
  }

  redisCpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.redis.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  async redisMb(): Promise<number> {
    const redis = await openRedis(this.url);
    const [, used] = /used_memory:(\d+)/.exec(await redis.info('memory'))!;
    redis.disconnect();
    return Number(used) / 1e6;
  }

  async close(): Promise<void> {
    this.coordinator?.kill('SIGKILL');
    this.redis.kill('SIGKILL');
    await once(this.redis, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function startScript(name: string, args: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  return spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Starts workers in as few processes as may be, and gives what ends them and what they have done. */
function startWorkers(
  { folder, url }: Stage,
  { shards, workers, sleepMs }: { shards: number; workers: number; sleepMs: number },
): { readonly stop: () => void; readonly done: Promise<Done[]> } {
  const counts: number[] = [];
  for (let left = workers; left > 0; left -= WORKERS_PER_PROCESS)
    counts.push(Math.min(left, WORKERS_PER_PROCESS));
  const processes = counts.map((count) =>
    startScript('fleet-worker-process', [folder, url, ...[shards, count, sleepMs, 4].map(String)]),
  );
  const ends = processes.map(async (child) => {
    let text = '';
    child.stdout!.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    await once(child, 'close');
    return JSON.parse(text) as Done;
  });
  const stop = (): void => {
    for (const child of processes) child.kill('SIGTERM');
  };
  return { stop, done: Promise.all(ends) };
}

function sum(all: readonly Done[], of: (done: Done) => number): number {
  return all.reduce((total, each) => total + of(each), 0);
}

/** Shards a second of all workers, each from its first shard to its last: processes do not start at the same moment. */
function rateOf(all: readonly Done[]): number {
  return all
    .flatMap(({ tallies }) => tallies)
    .filter(({ done }) => done > 0)
    .reduce((rate, { firstMs, lastMs, done }) => rate + (1000 * done) / (lastMs - firstMs), 0);
}

/** CPU time of each process for a shard that takes no time itself. */
async function overhead(stage: Stage): Promise<void> {
  const shards = Number(flags['overhead-shards']);
  stage.startCoordinator(shards);
  const filled = await stage.hasSaid(({ waiting }) => waiting === shards);
  const redisBefore = stage.redisCpuSeconds();
  const done = await startWorkers(stage, { shards, workers: 1, sleepMs: 0 }).done;
  const last = await stage.hasSaid(({ committed }) => committed === shards);
  const ms = (seconds: number): string => ((1000 * seconds) / shards).toFixed(3);
  say(`\n| CPU ms a shard, of ${shards} | |\n|---|---|`);
  say(`| worker: taken, begun, looked up, ended | ${ms(sum(done, ({ cpuSeconds }) => cpuSeconds))} |`);
  say(`| coordinator: added, watched over to the end | ${ms(last.cpuSeconds)} |`);
  say(`| of that until the queue was full | ${ms(filled.cpuSeconds)} |`);
  say(`| Redis, full | ${ms(redisBefore)} |`);
  say(`| Redis, drained | ${ms(stage.redisCpuSeconds() - redisBefore)} |`);
}

/** A queue of a whole data set: until it is full, and while many workers take from it. */
async function fill(stage: Stage): Promise<void> {
  const [shards, workers, seconds] = [flags.shards, flags.workers, flags.seconds].map(Number) as [
    number,
    number,
    number,
  ];
  const empty = await stage.redisMb();
  const startMs = Date.now();
  stage.startCoordinator(shards);
  const first = await stage.hasSaid(() => true);
  const filled = await stage.hasSaid(({ waiting }) => waiting === shards);
  const [fullMb, redisCpu] = [await stage.redisMb(), stage.redisCpuSeconds()];
  const work = startWorkers(stage, { shards, workers, sleepMs: SLEEP_MS });
  while (readdirSync(join(stage.folder, 'stats')).length === 0) await sleep(100);
  await sleep(1000 * seconds);
  work.stop();
  const done = await work.done;
  const committed = readdirSync(join(stage.folder, 'stats')).length;
  const rounds = stage.told.filter(({ atMs }) => atMs > filled.atMs);
  const memory = rounds.map(({ rssMb }) => rssMb);
  const rate = rateOf(done);
  say(
    `\n| ${shards} shards, ${workers} workers that sleep ${SLEEP_MS} ms, four shards at once each | |\n|---|---|`,
  );
  say(`| until the queue is full, s by the clock | ${((filled.atMs - startMs) / 1000).toFixed(1)} |`);
  say(`| of that before the first shard is added | ${((first.atMs - startMs) / 1000).toFixed(1)} |`);
  say(`| CPU seconds of it: coordinator, Redis | ${filled.cpuSeconds.toFixed(1)}, ${redisCpu.toFixed(1)} |`);
  say(`| Redis memory, full, MB (empty ${empty.toFixed(1)}) | ${fullMb.toFixed(1)} |`);
  say(`| bytes a shard | ${((1e6 * (fullMb - empty)) / shards).toFixed(0)} |`);
  say(`| shards done in ${seconds} s, a second | ${committed}, ${rate.toFixed(0)} |`);
  say(`| of what they could do at best | ${((100 * rate * SLEEP_MS) / (1000 * workers * 4)).toFixed(0)}% |`);
  say(
    `| CPU ms a shard of a worker | ${((1000 * sum(done, (each) => each.cpuSeconds)) / committed).toFixed(2)} |`,
  );
  say(`| Redis memory then, MB | ${(await stage.redisMb()).toFixed(1)} |`);
  if (memory.length > 0)
    say(
      `| coordinator memory, MB: full, least and most after | ${filled.rssMb.toFixed(0)}, ${Math.min(...memory).toFixed(0)}, ${Math.max(...memory).toFixed(0)} |`,
    );
}

/** Shards a second of 1, 2, 4 ... workers beside those of one. */
async function speedup(): Promise<void> {
  const most = Number(flags.workers);
  say(
    `\n| workers | shards a second | times one worker | of what sleepers could do at best |\n|---|---|---|---|`,
  );
  let one = 0;
  for (let workers = 1; workers <= most; workers *= 2) {
    const stage = await Stage.open();
    try {
      const shards = 40 * workers;
      stage.startCoordinator(shards);
      await stage.hasSaid(({ waiting }) => waiting === shards);
      const done = await startWorkers(stage, { shards, workers, sleepMs: SLEEP_MS }).done;
      const rate = rateOf(done);
      one ||= rate;
      const best = (1000 / SLEEP_MS) * 4 * workers;
      say(
        `| ${workers} | ${rate.toFixed(1)} | ${(rate / one).toFixed(1)} | ${((100 * rate) / best).toFixed(0)}% |`,
      );
    } finally {
      await stage.close();
    }
  }
}

/** How many of the shards that are in hand at one time are of one host, where inputs are sorted by host. */
function order(): void {
  const [shards, hosts, workers, atOnce] = [8000, 100, 64, 4];
  const hostOf = (id: number): number => Math.floor((id * hosts) / shards);
  const ids = Array.from({ length: shards }, (_, id) => id);
  const specs = ids.map((id) => ({ id, inputIndex: 0, firstRow: id, rowCount: 1 }));
  const mostOfQueue = (queue: readonly number[]): number => {
    let most = 0;
    for (let from = 0; from + workers * atOnce <= shards; from += workers * atOnce)
      most = Math.max(most, mostOfOne(queue.slice(from, from + workers * atOnce).map(hostOf)));
    return most;
  };
  const slices = Array.from({ length: workers }, (_, index) =>
    shardsOf(specs, { index, count: workers, from: '' }),
  );
  const mostOfSlices = (lists: readonly (readonly { readonly id: number }[])[]): number => {
    let most = 0;
    for (let from = 0; from + atOnce <= shards / workers; from += atOnce)
      most = Math.max(
        most,
        mostOfOne(lists.flatMap((list) => list.slice(from, from + atOnce)).map(({ id }) => hostOf(id))),
      );
    return most;
  };
  const sorted = slices.map((list) => [...list].sort((a, b) => a.id - b.id));
  say(
    `\n| ${shards} shards of ${hosts} hosts, sorted by host; ${workers} workers with ${atOnce} shards each | shards of one host in hand at once, at most |\n|---|---|`,
  );
  say(`| a queue in the order of the plan | ${mostOfQueue(ids)} of ${workers * atOnce} |`);
  say(`| a queue as \`coordinate\` fills it | ${mostOfQueue(spread(ids))} of ${workers * atOnce} |`);
  say(
    `| slices of every ${workers}-th shard, all from their first | ${mostOfSlices(sorted)} of ${workers * atOnce} |`,
  );
  say(`| slices as they are | ${mostOfSlices(slices)} of ${workers * atOnce} |`);
}

function mostOfOne(hosts: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const host of hosts) counts.set(host, (counts.get(host) ?? 0) + 1);
  return Math.max(...counts.values());
}

async function on(measure: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await Stage.open();
  try {
    await measure(stage);
  } finally {
    await stage.close();
  }
}

const { only } = flags;
if (only === undefined || only === 'order') order();
if (only === undefined || only === 'overhead') await on(overhead);
if (only === undefined || only === 'speedup') await speedup();
if (only === undefined || only === 'fill') await on(fill);
process.exit();
