// Images per CPU-second of decode and transform: through the decoder processes, and the same work in a plain loop.
// Run: npm run bench:decode [-- rounds]        (Linux: it reads the children's CPU time from /proc)

import { createDecoder, type Decoder } from '../src/decode/decoder.ts';
import { resizeAndCrop } from '../src/decode/exact-resize.ts';
import { sharp } from '../src/decode/sharp-library.ts';
import { cropGeometry } from '../src/decode/transform.ts';
import { clip } from '../test/helpers/transforms.ts';
import { makeJpeg } from './support/jpegs.ts';
import { median } from './support/median.ts';
import { cpuSecondsOf } from './support/processes.ts';

const SIZE = 224;
const IN_FLIGHT = 4;
const PICTURES = 6;
const SHAPES = [
  { width: 500, height: 400, images: 240 },
  { width: 1024, height: 1024, images: 96 },
  { width: 1600, height: 1200, images: 48 },
] as const;

type Work = (jpeg: Buffer) => Promise<unknown>;

sharp.cache(false);
sharp.concurrency(1);

async function plainExact(jpeg: Buffer): Promise<Uint8Array> {
  const { data, info } = await sharp(jpeg, { ignoreIcc: true, failOn: 'error', pages: 1 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const image = { data, width: info.width, height: info.height, channels: 3 as const };
  return resizeAndCrop(image, cropGeometry(image, clip(SIZE)), false);
}

async function plainFast(jpeg: Buffer): Promise<Buffer> {
  const image = sharp(jpeg, { ignoreIcc: true, failOn: 'error', pages: 1 });
  const { width, height } = await image.metadata();
  const { resizedWidth, resizedHeight, left, top } = cropGeometry({ width, height }, clip(SIZE));
  return image
    .resize(resizedWidth, resizedHeight, { fit: 'fill', kernel: 'cubic' })
    .extract({ left, top, width: SIZE, height: SIZE })
    .raw()
    .toBuffer();
}

/** CPU seconds of this process and of the decoder's, all threads. */
function cpuSeconds(decoder: Decoder): number {
  const { user, system } = process.cpuUsage();
  return decoder.pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), (user + system) / 1e6);
}

async function measure(
  work: Work,
  jpegs: readonly Buffer[],
  images: number,
  decoder: Decoder,
): Promise<number> {
  const before = cpuSeconds(decoder);
  let next = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (next < images) await work(jpegs[next++ % jpegs.length]!);
    }),
  );
  return images / (cpuSeconds(decoder) - before);
}

const rounds = Number(process.argv[2] ?? 5);
const decoder = createDecoder({
  transforms: [clip(SIZE)],
  mode: 'exact',
  processes: 1,
  concurrencyPerProcess: IN_FLIGHT,
});
const works: Record<string, Work> = {
  processes: (jpeg) => decoder.decode(jpeg),
  'plain exact': plainExact,
  'plain fast': plainFast,
};
for (const { width, height, images } of SHAPES) {
  const jpegs = await Promise.all(Array.from({ length: PICTURES }, (_, i) => makeJpeg(width, height, i + 1)));
  const rates = new Map(Object.keys(works).map((name) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++)
    for (const [name, work] of Object.entries(works)) {
      const rate = await measure(work, jpegs, images, decoder);
      if (round >= 0) rates.get(name)!.push(rate);
    }
  const [processes, exact, fast] = [...rates.values()].map(median) as [number, number, number];
  const overhead = median(rates.get('plain exact')!.map((rate, i) => rate / rates.get('processes')![i]! - 1));
  console.log(
    `${width} x ${height} (${Math.round(jpegs[0]!.length / 1024)} KB): ` +
      `${processes.toFixed(0)} images per CPU-second through the decoder, ${exact.toFixed(0)} in a plain loop, ` +
      `${fast.toFixed(0)} with sharp's own resize; overhead ${(100 * overhead).toFixed(1)} %, ` +
      `ratio to sharp's own ${(processes / fast).toFixed(2)}`,
  );
}
await decoder.stop();
