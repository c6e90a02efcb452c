// Workers of a queue that sleep for each shard: `FOLDER URL SHARDS WORKERS SLEEP_MS AT_ONCE`. Says at the end what they did, as a line of JSON. SIGTERM ends them.
import { setMaxListeners } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { queueKey } from '../src/fleet/queue/queue-key.ts';
import { QueueWork, type ShardDoer } from '../src/fleet/queue/queue-work.ts';
import { ShardQueue } from '../src/fleet/queue/shard-queue.ts';
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

/** What one worker has done, and when it began and ended. */
interface Tally {
  firstMs: number;
  lastMs: number;
  done: number;
}

const doer = (tally: Tally): ShardDoer => ({
  async doShards(specs, { onCommitted } = {}) {
    tally.firstMs ||= Date.now();
    await Promise.all(
      specs.map(async ({ id }) => {
        await sleep(sleepMs);
        await writeFile(run.stats(id), '');
        await onCommitted?.(id, 'this');
        tally.done++;
      }),
    );
    tally.lastMs = Date.now();
    return { state: 'done', committed: specs.length, lost: 0 };
  },
});

const tallies = Array.from({ length: workers }, (): Tally => ({ firstMs: 0, lastMs: 0, done: 0 }));
const key = await queueKey(folder, planned.digest);
const queues = await Promise.all(
  Array.from({ length: workers }, (_, i) => ShardQueue.open(url, key, `${process.pid}-${i}`)),
);
const before = cpuSeconds();
await Promise.all(
  queues.map((queue, i) =>
    new QueueWork(doer(tallies[i]!), queue, {
      ...{ planned, progress: new ScoreProgress(), closing: closing.signal, shardsAtOnce: atOnce },
      ...{ graceMs: undefined, config: { outputFolder: folder, download: { timeoutMs: 10_000 } } },
    }).run(),
  ),
);
const report = { tallies, cpuSeconds: cpuSeconds() - before };
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit();
