// One run of `bench/download.ts`: downloads images of many hosts, which are one host on loopback under many names.
import { Agent, request } from 'undici';
import { createDecoder, type Decoder } from '../src/decode/decoder.ts';
import { createDownloader } from '../src/download/downloader.ts';
import { clip } from '../test/helpers/transforms.ts';
import { addressOf } from './support/loopback.ts';
import { cpuSecondsOf } from './support/processes.ts';

/** What the process is told in its first argument. */
export interface DownloadJob {
  readonly kind: 'downloader' | 'loop';
  readonly threadCount: number | 'auto';
  readonly port: number;
  /** Of a host that takes connections and says nothing. */
  readonly silentPort: number;
  readonly hosts: number;
  readonly latencyMs: number;
  readonly images: number;
  /** Whether the images are decoded and cropped too; the loop cannot. */
  readonly decode: boolean;
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
  /** When each ended, from the start of all; in the order of their rows. img2dataset does not say. */
  readonly endsMs?: readonly number[];
}

type Fetch = (url: string) => Promise<void>;

interface Row {
  readonly url: string;
  readonly isLive: boolean;
}

/** A run of an hour has compiled what it does often: making connections too, where it makes many. */
const WARM_UP_IMAGES = 4_000;
const LOOP_WIDTH = 256;
const SIZE = 224;

const job = JSON.parse(process.argv[2]!) as DownloadJob;

function viaDownloader(decoder: Decoder | undefined): Fetch {
  const downloader = createDownloader(
    { threadCount: job.threadCount, allowPrivateAddresses: true, perHost: LOOP_WIDTH },
    {
      resolver: {
        resolve: async (name) => [addressOf(name)],
        known: () => undefined,
        isAnswered: async () => true,
        zoneExists: async () => true,
        forgetMissing: () => undefined,
        close: () => undefined,
      },
    },
  );
  return async (url) => {
    const outcome = await downloader.download(url);
    if (outcome.kind === 'failed') {
      if (url.startsWith('http://silent')) return;
      throw new Error(outcome.message);
    }
    const decoded = await decoder?.decode(outcome.bytes);
    if (decoded && 'reason' in decoded) throw new Error(decoded.message);
    outcome.release();
  };
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
function rows(): readonly Row[] {
  const silent = (host: string, i: number): Row => ({
    url: `http://silent${host}.example:${job.silentPort}/${i}`,
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

/** Of this process and the decoder's. */
function cpuSeconds(decoder: Decoder | undefined): number {
  const { user, system } = process.cpuUsage();
  return (decoder?.pids ?? []).reduce((sum, pid) => sum + cpuSecondsOf(pid), (user + system) / 1e6);
}

/** Begins all rows, and waits for the live ones. */
async function runAll(all: readonly Row[], fetchOne: Fetch): Promise<number[]> {
  const startedMs = performance.now();
  const ends = all.map(async ({ url }) => {
    await fetchOne(url);
    return Math.round(performance.now() - startedMs);
  });
  const live = ends.filter((_, i) => all[i]!.isLive);
  for (const end of ends) end.catch(() => undefined);
  return Promise.all(live);
}

const decoder = job.decode
  ? createDecoder({ transforms: [clip(SIZE)], mode: 'exact', processes: 2 })
  : undefined;
const fetchOne = job.kind === 'downloader' ? viaDownloader(decoder) : viaLoop();
const warmUp = Array.from({ length: WARM_UP_IMAGES }, (_, i) => liveUrl(`warm${i % job.hosts}`, i));
await Promise.all(warmUp.map(fetchOne));
const all = rows();
const startedMs = performance.now();
const cpuBefore = cpuSeconds(decoder);
const endsMs = await runAll(all, fetchOne);
const result: DownloadResult = {
  images: job.images,
  cpuSeconds: cpuSeconds(decoder) - cpuBefore,
  wallSeconds: (performance.now() - startedMs) / 1000,
  endsMs,
};
console.log(JSON.stringify(result));
process.exit(0);
