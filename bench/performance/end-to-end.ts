import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeRows } from '../../scripts/write-rows.ts';
import { packageFolder } from '../../src/base/package.ts';
import { encoderSpec } from '../../src/embed/encoder.ts';
import { wrapModel } from '../../src/embed/onnx/wrap.ts';
import { loadHead } from '../../src/heads/load.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import { type ImageHost, startImageHost } from '../support/image-host.ts';
import { cliScript, runCommand, runScript, type Usage } from '../support/processes.ts';
import type { PerformanceBench, Setting } from './bench.ts';

const WIDTH = 500;
const HEIGHT = 400;
/** Images of the short run: what a long one takes beyond it is free of the start. */
const FEW = 320;
const MANY = 1520;
const DISTINCT_IMAGES = 240;
const DOWNLOADS_AT_ONCE = 32;
const BATCH_SIZE = 32;
const ENCODER_THREADS = 1;
/** Pillow and libvips decode and resize to the same pixels but for a few that differ by one. */
const SCORE_TOLERANCE = 1e-3;
const GOAL = 1 / 1.5;
const NEEDED = ['onnxruntime', 'Pillow', 'numpy'];

type Work = (images: number) => Promise<Usage & { readonly meanScore: number }>;

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

async function wholeCommand(folder: string, host: ImageHost): Promise<Work> {
  for (const images of [FEW, MANY]) {
    const rows = Array.from({ length: images }, (_, i) => ({ URL: host.url(i), TEXT: `picture ${i}` }));
    await writeRows(join(folder, `${images}.parquet`), { URL: 'VARCHAR', TEXT: 'VARCHAR' }, rows);
  }
  const output = join(folder, 'out');
  return async (images) => {
    rmSync(output, { recursive: true, force: true });
    const usage = await runScript(cliScript, [
      ...['score', join(folder, `${images}.parquet`), '--output-folder', output, '--json'],
      ...['--allow-private-addresses', '--thread-count', String(DOWNLOADS_AT_ONCE)],
      ...['--batch-size', String(BATCH_SIZE), '--encoder-threads', String(ENCODER_THREADS)],
      ...['--processes-count', '1'],
    ]);
    const { successes, buckets } = JSON.parse(usage.stdout) as {
      readonly successes: number;
      readonly buckets: readonly { readonly count: number; readonly mean_score: number | null }[];
    };
    if (successes !== images) throw new Error(`${successes} of ${images} images were scored`);
    const sum = buckets.reduce((total, { count, mean_score }) => total + count * (mean_score ?? 0), 0);
    return { ...usage, meanScore: sum / images };
  };
}

async function pythonLoop(folder: string, host: ImageHost, python: string): Promise<Work> {
  const files = await resolveEncoder('builtin');
  const model = wrapModel(encoderSpec(files));
  const path = join(folder, 'model.onnx');
  writeFileSync(path, model.bytes);
  const { weights, bias } = (await loadHead(files.headPath!, { tag: 'aesthetic' })).linear!;
  const script = join(packageFolder, 'bench/support/plain-loop.py');
  return async (images) => {
    const settings = {
      ...{ origin: new URL(host.url(0)).origin, images, downloadsAtOnce: DOWNLOADS_AT_ONCE },
      ...{ batchSize: BATCH_SIZE, encoderThreads: ENCODER_THREADS, sizePx: files.manifest.transform.sizePx },
      ...{ model: path, input: model.inputName, weights: Array.from(weights), bias },
    };
    const usage = await runCommand(python, [script, JSON.stringify(settings)]);
    return { ...usage, meanScore: (JSON.parse(usage.stdout) as { meanScore: number }).meanScore };
  };
}

/** `bowerbird score` from JPEGs on loopback to a written run, beside a loop in Python that writes nothing. */
export const END_TO_END_BENCH: PerformanceBench = {
  name: 'end-to-end',
  async prepare({ folder, python, atEnd }: Setting) {
    const what = `score JPEGs of ${WIDTH} x ${HEIGHT} from their URLs, built-in encoder, net of start`;
    const missing = NEEDED.filter((name) => python?.versionOf(name) === undefined);
    if (!python || missing.length > 0) return [{ what, missing: `${missing.join(', ')}; give --python` }];
    const host = await startImageHost({
      ...{ width: WIDTH, height: HEIGHT, distinct: DISTINCT_IMAGES, withFailures: false },
    });
    atEnd(() => host.stop());
    const [whole, loop] = [await wholeCommand(folder, host), await pythonLoop(folder, host, python.command)];
    const same = new SameWork();
    return [
      {
        what,
        unit: 'CPU ms an image',
        ours: () => same.cost(whole),
        peer: { name: 'Python: threads, Pillow, onnxruntime', theirs: () => same.cost(loop) },
        goal: GOAL,
      },
    ];
  },
};
