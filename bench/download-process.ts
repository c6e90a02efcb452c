// One run of `bench/download.ts`: downloads images of many hosts, which are one host on loopback under many names.
import { createServer } from 'node:net';
import { Agent, request } from 'undici';
import { createDownloader } from '../src/download/downloader.ts';

/** What the process is told in its first argument. */
export interface DownloadJob {
  readonly kind: 'downloader' | 'loop';
  readonly threadCount: number | 'auto';
  readonly port: number;
  readonly hosts: number;
  readonly latencyMs: number;
  readonly images: number;
  /** The share of the hosts that take a connection and say nothing; their rows come on top of the live ones'. */
  readonly hangingShare: number;
  /** Rows of one such host before all others. */
  readonly hangingRows: number;
}

/** Of the live images alone. */
export interface DownloadResult {
  readonly images: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

type Fetch = (url: string) => Promise<void>;

const WARM_UP_IMAGES = 300;
const LOOP_WIDTH = 256;

const job = JSON.parse(process.argv[2]!) as DownloadJob;

async function startSilentHost(): Promise<number> {
  const silent = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => {
    silent.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, resolve);
  });
  silent.unref();
  return (silent.address() as { port: number }).port;
}

function viaDownloader(): Fetch {
  const downloader = createDownloader(
    { threadCount: job.threadCount, allowPrivateAddresses: true, perHost: LOOP_WIDTH },
    {
      resolver: {
        resolve: async (name) => [addressOf(name)],
        zoneExists: async () => true,
        forgetMissing: () => undefined,
        close: () => undefined,
      },
    },
  );
  return async (url) => {
    const outcome = await downloader.download(url);
    if (outcome.kind === 'downloaded') outcome.release();
    else if (!url.startsWith('http://silent')) throw new Error(outcome.message);
  };
}

/** Of many loopback addresses, since between two of them only so many connections can be had in a minute. */
function addressOf(name: string): string {
  return `127.0.0.${1 + (Number.parseInt(/\d+/.exec(name)?.[0] ?? '0', 10) % 200)}`;
}

/** What one writes with undici alone: as many requests at once, bodies in memory, no limits of any kind. */
function viaLoop(): Fetch {
  const agent = new Agent({
    keepAliveTimeout: 1_000,
    connect: {
      lookup: (name, _options, callback) => callback(null, [{ address: addressOf(name), family: 4 }]),
    },
  });
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (url) => {
    if (running >= LOOP_WIDTH) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    const { body } = await request(url, { dispatcher: agent });
    await body.arrayBuffer();
    const next = waiting.shift();
    if (next) next();
    else running--;
  };
}

function liveUrl(host: string, image: number): string {
  return `http://${host}.example:${job.port}/${image}.jpg?${job.latencyMs}`;
}

/** Rows in input order; live and silent hosts are mixed as in a shuffled list. */
function rows(silentPort: number): { readonly url: string; readonly isLive: boolean }[] {
  const silent = (host: string, i: number) => ({
    url: `http://silent${host}.example:${silentPort}/${i}`,
    isLive: false,
  });
  const first = Array.from({ length: job.hangingRows }, (_, i) => silent('', i));
  const rest = Array.from({ length: job.images }, (_, i) => {
    const live = { url: liveUrl(`host${i % job.hosts}`, i), isLive: true };
    const hangs = ((i % job.hosts) * 7919) % 1000 < 1000 * job.hangingShare;
    return hangs ? [silent(`${i % job.hosts}`, i), live] : [live];
  });
  return [...first, ...rest.flat()];
}

const silentPort = await startSilentHost();
const fetchOne = job.kind === 'downloader' ? viaDownloader() : viaLoop();
await Promise.all(Array.from({ length: WARM_UP_IMAGES }, (_, i) => fetchOne(liveUrl(`warm${i % 20}`, i))));
const all = rows(silentPort);
const startedMs = performance.now();
const before = process.cpuUsage();
await Promise.all(all.filter(({ isLive }) => isLive || job.kind === 'downloader').map(startRow));
const { user, system } = process.cpuUsage(before);
const result: DownloadResult = {
  images: job.images,
  cpuSeconds: (user + system) / 1e6,
  wallSeconds: (performance.now() - startedMs) / 1000,
};
console.log(JSON.stringify(result));
process.exit(0);

/** Begins a row; only live ones are waited for. */
function startRow({ url, isLive }: { readonly url: string; readonly isLive: boolean }): Promise<void> {
  const ended = fetchOne(url);
  if (isLive) return ended;
  ended.catch(() => undefined);
  return Promise.resolve();
}
