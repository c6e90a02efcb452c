import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/base/package.ts';
import { createDecoder, type Decoder } from '../../src/decode/decoder.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { clip } from '../../test/helpers/transforms.ts';
import { makeJpeg } from '../support/jpegs.ts';
import { type LineProcess, startLineProcess } from '../support/line-process.ts';
import { cpuSecondsOf } from '../support/processes.ts';
import type { Contest, MissingContest, PerformanceBench } from './bench.ts';
import { tensorContests } from './decode-tensors.ts';

const SIZE = 224;
const PICTURES = 6;
const IN_FLIGHT = 4;
const WARM_UP_ROUNDS = 6;
const SHAPES = [
  { width: 500, height: 400, isProgressive: false, images: 600, goal: 1 / 1.5 },
  { width: 500, height: 400, isProgressive: true, images: 300, goal: 1 / 1.15 },
  { width: 1024, height: 1024, isProgressive: false, images: 120, goal: 1 / 1.15 },
  { width: 1600, height: 1200, isProgressive: false, images: 60, goal: 1 / 1.15 },
  { width: 3000, height: 2000, isProgressive: false, images: 18, goal: 1 / 1.15 },
] as const;

/** Of the sizes that torchvision's own figures are of. */
const DECODED_ALONE = { width: 568, height: 320, isProgressive: false, images: 600 } as const;

type Shape = (typeof SHAPES)[number] | typeof DECODED_ALONE;

function titleOf({ width, height, isProgressive }: Shape): string {
  return `decode and transform a JPEG of ${width} x ${height}${isProgressive ? ', progressive' : ''}`;
}

async function writePictures(folder: string, shape: Shape): Promise<string[]> {
  const paths: string[] = [];
  for (let i = 0; i < PICTURES; i++) {
    const jpeg = await makeJpeg(shape.width, shape.height, i + 1);
    const path = join(folder, `${shape.width}x${shape.height}-${shape.isProgressive}-${i}.jpg`);
    // The same picture and tables of Huffman codes of its own, as progressive ones have.
    writeFileSync(
      path,
      shape.isProgressive ? await sharp(jpeg).jpeg({ quality: 85, progressive: true }).toBuffer() : jpeg,
    );
    paths.push(path);
  }
  return paths;
}

/** CPU seconds of this process and of the decoder's, all threads. */
function cpuSeconds(decoder: Decoder): number {
  const { user, system } = process.cpuUsage();
  return decoder.pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), (user + system) / 1e6);
}

/** CPU milliseconds an image, of the decoder process and of this one, which sends and receives. */
async function decodeAll(decoder: Decoder, jpegs: readonly Buffer[], images: number): Promise<number> {
  const before = cpuSeconds(decoder);
  let next = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (next < images) await decoder.decode(jpegs[next++ % jpegs.length]!);
    }),
  );
  return ((cpuSeconds(decoder) - before) * 1000) / images;
}

function contestOf(
  shape: (typeof SHAPES)[number],
  paths: readonly string[],
  decoder: Decoder,
  pillow: LineProcess,
): Contest {
  const jpegs = paths.map((path) => readFileSync(path));
  const { images } = shape;
  return {
    what: titleOf(shape),
    unit: 'CPU ms an image',
    ours: () => decodeAll(decoder, jpegs, images),
    peer: {
      name: 'Pillow and torchvision in a loop',
      theirs: async () => ((await pillow.ask({ paths, images })) as number) * (1000 / images),
    },
    goal: shape.goal,
  };
}

/** Decoding and the exact transform through a decoder process, beside loops in Python: Pillow's, which makes the same pixels, and torchvision's tensors. */
export const DECODE_BENCH: PerformanceBench = {
  name: 'decode',
  async prepare(setting): Promise<(Contest | MissingContest)[]> {
    const { folder, python, atEnd } = setting;
    if (!python?.versionOf('torchvision'))
      return SHAPES.map((shape) => ({ what: titleOf(shape), missing: 'Pillow and torchvision' }));
    const decoder = createDecoder({
      transforms: [clip(SIZE)],
      mode: 'exact',
      processes: 1,
      concurrencyPerProcess: IN_FLIGHT,
    });
    const script = join(packageFolder, 'bench/support/pillow-transform.py');
    const pillow = startLineProcess(python.command, [script]);
    atEnd(() => decoder.stop());
    atEnd(() => pillow.stop());
    const paths = await Promise.all(SHAPES.map((shape) => writePictures(folder, shape)));
    const contests = SHAPES.map((shape, i) => contestOf(shape, paths[i]!, decoder, pillow));
    // What V8 compiles during the first thousands of images is nothing of a long run.
    for (let i = 0; i < WARM_UP_ROUNDS; i++) await contests[0]!.ours();
    await contests[0]!.peer!.theirs();
    const tensors = await tensorContests(
      setting,
      { ...DECODED_ALONE, paths: await writePictures(folder, DECODED_ALONE) },
      { ...contests[0]!, pictures: { ...SHAPES[0], paths: paths[0]! } },
    );
    return [...contests, ...tensors];
  },
};
