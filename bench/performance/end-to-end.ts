import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeRows } from '../../scripts/write-rows.ts';
import { packageFolder } from '../../src/base/package.ts';
import { encoderSpec } from '../../src/embed/encoder.ts';
import { wrapModel } from '../../src/embed/onnx/wrap.ts';
import { loadHead } from '../../src/heads/load.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import { type ImageHost, startImageHost } from '../support/image-host.ts';
import { cliScript, runCommand, runScript } from '../support/processes.ts';
import type { PythonPeers } from '../support/python-peers.ts';
import type { Contest, MissingContest, PerformanceBench, Setting } from './bench.ts';

const WIDTH = 500;
const HEIGHT = 400;
/** Images of the short run: what a long one takes beyond it is free of the start. */
const FEW = 320;
const MANY = 1280;
const DISTINCT_IMAGES = 240;
/** With so many, most images are the only one of their host in the short run, and nearly so in the long one. */
const HOSTS = [1, 1_000];
const DOWNLOADS_AT_ONCE = 32;
/** The built-in encoder's usual one, in which the peer too takes less time than in batches of 32. */
const BATCH_SIZE = 8;
const ENCODER_THREADS = 1;
/** Pillow and our decoder make the same pixels but for a few that differ by one. */
const SCORE_TOLERANCE = 1e-3;
const LOOP_PACKAGES = ['onnxruntime', 'Pillow', 'numpy', 'pyarrow'];

/** What scoring a shard took, from start to end. */
interface Scored {
  readonly cpuSeconds: number;
  readonly meanScore: number;
}

type Work = (images: number) => Promise<Scored>;

/** Someone who does the same work with Python. */
interface Peer {
  readonly name: string;
  readonly script: string;
  readonly packages: readonly string[];
  readonly goal: number;
  /** Of HOSTS. */
  readonly hosts: readonly number[];
}

const PEERS: readonly Peer[] = [
  {
    name: 'Python: threads, Pillow, onnxruntime',
    script: 'plain-loop.py',
    packages: LOOP_PACKAGES,
    goal: 1 / 1.5,
    hosts: HOSTS,
  },
  { name: 'Ray Data', script: 'ray-loop.py', packages: [...LOOP_PACKAGES, 'ray'], goal: 1 / 1.5, hosts: [1] },
];

/** Both sides' mean scores: it must be the same work. */
class SameWork {
  #meanScore: number | undefined;

  /** CPU milliseconds of an image beyond the short run. */
  async cost(work: Work): Promise<number> {
    const short = await work(FEW);
    const { cpuSeconds, meanScore } = await work(MANY);
    this.#meanScore ??= meanScore;
    if (Math.abs(meanScore - this.#meanScore) > SCORE_TOLERANCE)
      throw new Error(`not the same work: mean scores ${meanScore} and ${this.#meanScore}`);
    return (1000 * (cpuSeconds - short.cpuSeconds)) / (MANY - FEW);
  }
}

function shardOf(folder: string, hosts: number, images: number): string {
  return join(folder, `${hosts}-${images}.parquet`);
}

/** A shard of each length; its hosts are the addresses of one on loopback. */
async function writeShards(folder: string, host: ImageHost, hosts: number): Promise<void> {
  for (const images of [FEW, MANY]) {
    const rows = Array.from({ length: images }, (_, i) => {
      const url = new URL(host.url(i));
      const number = i % hosts;
      url.hostname = `127.0.${number >> 7}.${1 + (number & 127)}`;
      return { URL: url.href, TEXT: `picture ${i}` };
    });
    await writeRows(shardOf(folder, hosts, images), { URL: 'VARCHAR', TEXT: 'VARCHAR' }, rows);
  }
}

function wholeCommand(folder: string, hosts: number): Work {
  const output = join(folder, 'out');
  return async (images) => {
    rmSync(output, { recursive: true, force: true });
    const { stdout, cpuSeconds } = await runScript(cliScript, [
      ...['score', shardOf(folder, hosts, images), '--output-folder', output, '--json'],
      ...['--allow-private-addresses', '--thread-count', String(DOWNLOADS_AT_ONCE)],
      ...['--batch-size', String(BATCH_SIZE), '--encoder-threads', String(ENCODER_THREADS)],
      ...['--processes-count', '1'],
    ]);
    const { successes, buckets } = JSON.parse(stdout) as {
      readonly successes: number;
      readonly buckets: readonly { readonly count: number; readonly mean_score: number | null }[];
    };
    if (successes !== images) throw new Error(`${successes} of ${images} images were scored`);
    const sum = buckets.reduce((total, { count, mean_score }) => total + count * (mean_score ?? 0), 0);
    return { cpuSeconds, meanScore: sum / images };
  };
}

/** What the Python scripts are told of the built-in encoder and its head. @param path the model is written there */
async function modelSettings(path: string): Promise<object> {
  const files = await resolveEncoder('builtin');
  const model = wrapModel(encoderSpec(files));
  writeFileSync(path, model.bytes);
  const { weights, bias } = (await loadHead(files.headPath!, { tag: 'aesthetic' })).linear!;
  return {
    ...{ model: path, input: model.inputName, weights: Array.from(weights), bias },
    ...{ downloadsAtOnce: DOWNLOADS_AT_ONCE, batchSize: BATCH_SIZE, encoderThreads: ENCODER_THREADS },
    sizePx: files.manifest.transform.sizePx,
  };
}

function pythonWork(
  python: string,
  script: string,
  settings: object,
  shard: (images: number) => string,
): Work {
  return async (images) => {
    const told = JSON.stringify({ ...settings, shard: shard(images) });
    const usage = await runCommand(python, [join(packageFolder, 'bench/support', script), told]);
    return { cpuSeconds: usage.cpuSeconds, ...(JSON.parse(usage.stdout) as Partial<Scored>) } as Scored;
  };
}

function titleOf(hosts: number): string {
  const from = hosts === 1 ? 'one host' : `${hosts} hosts`;
  return `score JPEGs of ${WIDTH} x ${HEIGHT} of ${from} from their URLs, built-in encoder, net of start`;
}

function contestsOf(
  hosts: number,
  { folder, python }: Setting & { readonly python: PythonPeers },
  settings: object,
): (Contest | MissingContest)[] {
  const same = new SameWork();
  const whole = wholeCommand(folder, hosts);
  const what = titleOf(hosts);
  return PEERS.filter((peer) => peer.hosts.includes(hosts)).map(({ name, script, packages, goal }) => {
    const missing = packages.filter((one) => python.versionOf(one) === undefined);
    if (missing.length > 0) return { what: `${what}, beside ${name}`, missing: missing.join(', ') };
    const theirs = pythonWork(python.command, script, settings, (images) => shardOf(folder, hosts, images));
    return {
      what,
      unit: 'CPU ms an image',
      ours: () => same.cost(whole),
      peer: { name, theirs: () => same.cost(theirs) },
      goal,
    };
  });
}

/** `bowerbird score` from JPEGs on loopback to a written run, beside pipelines in Python that write nothing. */
export const END_TO_END_BENCH: PerformanceBench = {
  name: 'end-to-end',
  async prepare(setting: Setting) {
    const { folder, python, atEnd } = setting;
    if (!python) return HOSTS.map((hosts) => ({ what: titleOf(hosts), missing: 'give --python' }));
    const host = await startImageHost({
      ...{ width: WIDTH, height: HEIGHT, distinct: DISTINCT_IMAGES, withFailures: false },
    });
    atEnd(() => host.stop());
    const settings = await modelSettings(join(folder, 'model.onnx'));
    const contests: (Contest | MissingContest)[] = [];
    for (const hosts of HOSTS) {
      await writeShards(folder, host, hosts);
      contests.push(...contestsOf(hosts, { ...setting, python }, settings));
    }
    return contests;
  },
};
