import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeRows } from '../../scripts/write-rows.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import type { EncoderWork } from './encoder-work.ts';
import type { ImageHost } from './image-host.ts';
import { makeJpeg } from './jpegs.ts';
import { cliScript, cpuSecondsOf, runScript } from './processes.ts';

/** How many images a short run and a long one have: their difference is free of what a start costs. */
export interface RunLengths {
  readonly few: number;
  readonly many: number;
}

/** Images per second of `bowerbird score`, from JPEGs on loopback to written shards; NaN where the long run took no longer. */
export async function scoreRate(
  folder: string,
  work: EncoderWork,
  host: ImageHost,
  { few, many }: RunLengths,
): Promise<number> {
  const short = await scoreSeconds(folder, work, host, few);
  const long = await scoreSeconds(folder, work, host, many);
  return long > short ? (many - few) / (long - short) : Number.NaN;
}

async function scoreSeconds(
  folder: string,
  work: EncoderWork,
  host: ImageHost,
  images: number,
): Promise<number> {
  const [input, output] = [join(folder, `${images}.parquet`), join(folder, 'out')];
  const rows = Array.from({ length: images }, (_, i) => ({ URL: host.url(i), TEXT: `picture ${i}` }));
  await writeRows(input, { URL: 'VARCHAR', TEXT: 'VARCHAR' }, rows);
  const flags = {
    ...{ 'output-folder': output, 'clip-model': work.model, 'aesthetic-head': 'none', device: work.device },
    ...{ 'batch-size': work.crops.length, 'encoder-threads': work.threads },
  };
  const { stdout, wallSeconds } = await runScript(cliScript, [
    ...['score', input, '--allow-private-addresses', '--json'],
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ]);
  await rm(output, { recursive: true });
  const { successes } = JSON.parse(stdout) as { successes: number };
  if (successes !== images) throw new Error(`${successes} of ${images} images were scored`);
  return wallSeconds;
}

const DECODED_JPEGS = 64;
const DISTINCT_JPEGS = 8;

/** CPU seconds of decoding and cropping one JPEG of this size as the model's transform wants it, in a decoder's process. */
export async function decodeCpuSeconds(work: EncoderWork, width: number, height: number): Promise<number> {
  const { manifest } = await resolveEncoder(work.model);
  const jpegs = await Promise.all(
    Array.from({ length: DISTINCT_JPEGS }, (_, i) => makeJpeg(width, height, i + 1)),
  );
  const decoder = createDecoder({ transforms: [manifest.transform], mode: 'exact', processes: 1 });
  try {
    const decode = (images: number): Promise<unknown> =>
      Promise.all(Array.from({ length: images }, (_, i) => decoder.decode(jpegs[i % DISTINCT_JPEGS]!)));
    await decode(DISTINCT_JPEGS);
    const [pid] = decoder.pids;
    const before = cpuSecondsOf(pid!);
    await decode(DECODED_JPEGS);
    return (cpuSecondsOf(pid!) - before) / DECODED_JPEGS;
  } finally {
    await decoder.stop();
  }
}
