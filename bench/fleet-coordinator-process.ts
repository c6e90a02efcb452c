// The coordinator of a queue whose shards nobody has to read: `FOLDER URL SHARDS`. Says its state, memory and CPU time as a line of JSON in each round.
import { coordinate } from '../src/fleet/queue/coordinate.ts';
import { cpuSeconds, plannedShards } from './support/fleet-plan.ts';

const [folder, url, shards] = process.argv.slice(2) as [string, string, string];
const closing = new AbortController();
process.once('SIGTERM', () => closing.abort());
await coordinate({
  outputFolder: folder,
  planned: plannedShards(Number(shards)),
  queueUrl: url,
  retryFailed: false,
  onState: ({ committed, waiting, active }) => {
    const rssMb = process.memoryUsage.rss() / 1e6;
    process.stdout.write(
      `${JSON.stringify({ atMs: Date.now(), committed, waiting, active, rssMb, cpuSeconds: cpuSeconds() })}\n`,
    );
  },
  onMetrics: () => undefined,
  signal: closing.signal,
});
process.exit();
