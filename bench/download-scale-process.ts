// One run of `bench/download-scale.ts`: many rows through one downloader, and what the process holds meanwhile.
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { createDownloader } from '../src/download/downloader.ts';
import { NameError } from '../src/download/resolver.ts';
import { addressOf } from './support/loopback.ts';

/** What the process is told in its first argument. */
export interface ScaleJob {
  readonly rows: number;
  /** Of the images that are there; rows of other kinds have hosts of their own. */
  readonly hosts: number;
  /** Whether most rows are dead names, closed ports and dead links. */
  readonly mostlyFails: boolean;
  readonly port: number;
  readonly threadCount: number | 'auto';
}

/** Of the rows until then. */
export interface Sample {
  readonly rows: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** The most since the sample before. */
  readonly residentBytes: number;
  /** The most since the sample before. */
  readonly openFiles: number;
}

export interface ScaleResult {
  /** One for each tenth of the rows. */
  readonly samples: readonly Sample[];
  /** Rows by how they ended. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** As many rows as `score` lets wait. */
const WINDOW_ROWS = 32_768;
const LOOK_EVERY_MS = 100;
const job = JSON.parse(process.argv[2]!) as ScaleJob;

/** A port that nobody listens at. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const deadPort = await closedPort();

/**
 * Of 20 rows 8 have a name that is not there, 6 a closed port, 5 lead to a dead link, and one to an image. A closed port has
 * three rows: of five, its host would be given up, and the others not asked for.
 */
function urlOf(row: number): string {
  const kind = job.mostlyFails ? row % 20 : 19;
  if (kind < 8) return `http://nothing${row}.example/${row}.jpg`;
  if (kind < 14) return `http://closed${Math.floor(row / 20)}-${kind % 2}.example:${deadPort}/${row}.jpg`;
  const path = kind < 19 ? 'gone' : `${row}.jpg`;
  return `http://host${row % job.hosts}.example:${job.port}/${path}`;
}

const downloader = createDownloader(
  { threadCount: job.threadCount, allowPrivateAddresses: true, perHost: 32 },
  {
    resolver: {
      resolve: async (name) => {
        if (name.startsWith('nothing')) throw new NameError('not_found', 'there is no such name', 'answered');
        return [addressOf(name)];
      },
      known: () => undefined,
      isAnswered: async () => true,
      zoneExists: async () => true,
      forgetMissing: () => undefined,
      close: () => undefined,
    },
  },
);

const samples: Sample[] = [];
const outcomes: Record<string, number> = {};
const startedMs = performance.now();
let [most, ended, next] = [{ residentBytes: 0, openFiles: 0 }, 0, 0];

function look(): void {
  const [residentBytes, openFiles] = [process.memoryUsage.rss(), readdirSync('/proc/self/fd').length];
  most = {
    residentBytes: Math.max(most.residentBytes, residentBytes),
    openFiles: Math.max(most.openFiles, openFiles),
  };
}

function count(outcome: string): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  if (++ended % (job.rows / 10) !== 0) return;
  look();
  const { user, system } = process.cpuUsage();
  const wallSeconds = (performance.now() - startedMs) / 1000;
  samples.push({ rows: ended, cpuSeconds: (user + system) / 1e6, wallSeconds, ...most });
  most = { residentBytes: 0, openFiles: 0 };
}

async function work(): Promise<void> {
  while (next < job.rows) {
    const outcome = await downloader.download(urlOf(next++));
    if (outcome.kind === 'downloaded') outcome.release();
    count(outcome.kind === 'downloaded' ? 'image' : outcome.reason);
  }
}

const watch = setInterval(look, LOOK_EVERY_MS);
await Promise.all(Array.from({ length: WINDOW_ROWS }, work));
clearInterval(watch);
console.log(JSON.stringify({ samples, outcomes } satisfies ScaleResult));
process.exit(0);
