// Workers of a queue that sleep for each shard: `FOLDER URL SHARDS WORKERS SLEEP_MS AT_ONCE`. Says at the end what they did, as a line of JSON. SIGTERM ends them.
import { setMaxListeners } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShardQueue } from '../src/fleet/queue/shard-queue.ts';
import { QueueWork, type ShardDoer } from '../src/fleet/queue/work.ts';
import { ScoreProgress } from '../src/runs/progress.ts';
import { RunFolder } from '../src/runs/run-folder.ts';
import { cpuSeconds, plannedShards } from './support/fleet-plan.ts';

const [folder, url, ...numbers] = process.argv.slice(2) as [string, string, ...string[]];
const [shards, workers, sleepMs, atOnce] = numbers.map(Number) as [number, number, number, number];
const run = new RunFolder(folder);
const planned = plannedShards(shards);
const closing = new AbortController();
// All workers of the process wait for it.
setMaxListeners(0, closing.signal);
process.once('SIGTERM', () => closing.abort());

let [firstMs, lastMs, done] = [0, 0, 0];

const doer = (name: string): ShardDoer => ({
  name,
  async doShards(specs, { onCommitted } = {}) {
    firstMs ||= Date.now();
    await Promise.all(
      specs.map(async ({ id }) => {
        await sleep(sleepMs);
        await writeFile(run.stats(id), '');
        await onCommitted?.(id);
        lastMs = Date.now();
        done++;
      }),
    );
    return { state: 'done', committed: specs.length, lost: 0 };
  },
});

const queues = await Promise.all(
  Array.from({ length: workers }, (_, i) => ShardQueue.open(url, planned.digest, `${process.pid}-${i}`)),
);
const before = cpuSeconds();
await Promise.all(
  queues.map((queue, i) =>
    new QueueWork(doer(`${process.pid}-${i}`), queue, {
      ...{ planned, progress: new ScoreProgress(), closing: closing.signal, shardsAtOnce: atOnce },
      ...{ graceMs: undefined, sharesHosts: false, config: { outputFolder: folder } },
    }).run(),
  ),
);
const report = {
  done,
  firstMs,
  lastMs,
  cpuSeconds: cpuSeconds() - before,
  rssMb: process.memoryUsage.rss() / 1e6,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit();
