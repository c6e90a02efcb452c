// What saving images costs: CPU time of an image in `bowerbird score` without `--save-images`, with the files as they came, and with each made
// anew, in all and in each of its processes; and of img2dataset doing the same downloads and resizes. One run, as Markdown.
// Run: npm run bench:save-images -- [--images 600] [--rounds 3] [--side 500] [--python PYTHON]
// (Linux: CPU times come from /proc; PYTHON has img2dataset and the webdataset library in its path, OpenCV and pyarrow)
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeRows } from '../scripts/write-rows.ts';
import { type Contestant, img2dataset } from './support/download-contestants.ts';
import { type ImageHost, startImageHost } from './support/image-host.ts';
import { median } from './support/median.ts';
import { childrenOf, cliScript, cpuSecondsSoFar, runScript, scriptOf } from './support/processes.ts';
import { spread } from './support/spread.ts';
import { table } from './support/table.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

const FEW_IMAGES = 100;
const DISTINCT_IMAGES = 60;
const SIDE_PX = 256;
const SAMPLE_EVERY_MS = 50;
const RESIZED = ['--resize-mode', 'keep_ratio', '--image-size', String(SIDE_PX)];

/** The processes of the command, by their scripts. */
const PROCESSES = {
  'main.js': 'command',
  'decode-worker.js': 'decoder',
  'model-worker.js': 'encoder',
} as const;

/** CPU milliseconds of an image. */
interface Cost {
  readonly allMs: number;
  readonly byProcess: ReadonlyMap<string, number>;
}

/** Who does the same images in each round. */
interface Way {
  readonly name: string;
  readonly measure: () => Promise<Cost>;
}

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '600' },
    rounds: { type: 'string', default: '3' },
    side: { type: 'string', default: '500' },
    python: { type: 'string' },
  },
});
const images = Number(values.images);

function shardOf(folder: string, count: number): string {
  return join(folder, `${count}.parquet`);
}

async function writeShard(folder: string, host: ImageHost, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, i) => ({
    url: host.url(i),
    caption: `picture number ${i}`,
  }));
  await writeRows(shardOf(folder, count), { url: 'VARCHAR', caption: 'VARCHAR' }, rows);
}

/** CPU seconds of the command and of each of its processes; of those what they use in their last 50 ms is missed. */
async function score(
  folder: string,
  count: number,
  flags: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const output = join(folder, 'out');
  await rm(output, { recursive: true, force: true });
  const seconds = new Map<string, number>();
  const sample = (pid: number): void => {
    const name = PROCESSES[scriptOf(pid) as keyof typeof PROCESSES];
    const used = cpuSecondsSoFar(pid);
    if (name && used > 0) seconds.set(name, Math.max(seconds.get(name) ?? 0, used));
  };
  const timer = setInterval(() => {
    for (const pid of childrenOf(process.pid)) [pid, ...childrenOf(pid)].forEach(sample);
  }, SAMPLE_EVERY_MS);
  const limits = ['--processes-count', '1', '--encoder-threads', '1', '--thread-count', '256'];
  const args = [shardOf(folder, count), '--output-folder', output, '--allow-private-addresses', ...limits];
  const { cpuSeconds } = await runScript(cliScript, ['score', ...args, ...flags]);
  clearInterval(timer);
  return seconds.set('all', cpuSeconds);
}

/** What many images cost beyond few, each: the start is in both. */
function ourWay(name: string, folder: string, flags: readonly string[]): Way {
  return {
    name,
    async measure() {
      const few = await score(folder, FEW_IMAGES, flags);
      const many = await score(folder, FEW_IMAGES + images, flags);
      const cost = (part: string): number => (1000 * ((many.get(part) ?? 0) - (few.get(part) ?? 0))) / images;
      return { allMs: cost('all'), byProcess: new Map([...many.keys()].map((part) => [part, cost(part)])) };
    },
  };
}

/** The start of Python and the first images are not in it. */
function theirWay(name: string, { run }: Contestant, port: number, decode: boolean): Way {
  const job = {
    ...({
      kind: 'downloader',
      threadCount: 256,
      port,
      silentPort: 0,
      hosts: 1,
      latencyMs: 0,
      images,
      decode,
    } as const),
    ...{ hangingShare: 0, hangingRows: 0 },
  };
  return {
    name,
    async measure() {
      const { cpuSeconds, images: count } = await run(job);
      return { allMs: (1000 * cpuSeconds) / count, byProcess: new Map() };
    },
  };
}

function waysOf(folder: string, host: ImageHost): Way[] {
  const kept = ['--save-images', 'kept'];
  const ours = [
    ourWay('none', folder, []),
    ourWay('kept, as they came', folder, kept),
    ourWay(`kept, resized to ${SIDE_PX}`, folder, [...kept, ...RESIZED]),
  ];
  if (!values.python) return ours;
  const port = Number(new URL(host.url(0)).port);
  const asTheyCame = img2dataset(values.python, { saves: true });
  const resized = img2dataset(values.python, { saves: true, resizeMode: 'keep_ratio', sizePx: SIDE_PX });
  return [
    ...ours,
    ...(['fixed', 'asShipped'] as const).flatMap((kind) => [
      theirWay(`${asTheyCame[kind].name}: as they came`, asTheyCame[kind], port, false),
      theirWay(`${resized[kind].name}: resized to ${SIDE_PX}`, resized[kind], port, true),
    ]),
  ];
}

await inTemporaryFolder(async (folder) => {
  const width = Number(values.side);
  const size = { width, height: Math.round(0.8 * width) };
  const host = await startImageHost({ ...size, distinct: DISTINCT_IMAGES, withFailures: false });
  try {
    for (const count of [FEW_IMAGES, FEW_IMAGES + images]) await writeShard(folder, host, count);
    const ways = waysOf(folder, host);
    const costs = new Map(ways.map((way) => [way, [] as Cost[]]));
    for (let round = 0; round < Number(values.rounds); round++)
      for (const way of ways) costs.get(way)!.push(await way.measure());
    const kilobytes = Math.round(host.jpegBytes / 1024);
    console.log(`${images} JPEGs of ${width} x ${size.height}, ${kilobytes} KB, ${values.rounds} rounds\n`);
    const [none] = ways.map((way) => costs.get(way)!);
    const rows = ways.map((way) => {
      const all = costs.get(way)!;
      const partMs = (part: string): string => {
        const parts = all.flatMap(({ byProcess }) => byProcess.get(part) ?? []);
        return parts.length === 0 ? '' : median(parts).toFixed(2);
      };
      const more = all.map(({ allMs }, round) => allMs - none![round]!.allMs);
      return [
        ...[
          way.name,
          spread(
            all.map(({ allMs }) => allMs),
            2,
          ),
        ],
        ...Object.values(PROCESSES).map(partMs),
        way.name.startsWith('kept') ? spread(more, 2) : '',
      ];
    });
    console.log(table(['', 'CPU ms an image', ...Object.values(PROCESSES), 'more than none'], rows));
  } finally {
    await host.stop();
  }
});
