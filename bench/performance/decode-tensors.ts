import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/base/package.ts';
import { decodeOwnRows } from '../../src/decode/jpeg/own-jpeg.ts';
import { startLineProcess } from '../support/line-process.ts';
import type { Contest, MissingContest, Setting } from './bench.ts';

const script = join(packageFolder, 'bench/support/torchvision-tensors.py');
const CHANNELS = 3;
const NAMES = {
  decode: 'torchvision: decode_jpeg, one thread',
  transform: 'torchvision: decode_jpeg and a resize of tensors, one thread',
} as const;

/** JPEGs of one size, and how many of them make a round. */
export interface Pictures {
  readonly width: number;
  readonly height: number;
  readonly paths: readonly string[];
  readonly images: number;
}

/** A whole decode and transform, as it is measured beside Pillow too. */
export interface WholeWork {
  readonly what: string;
  readonly pictures: Pictures;
  readonly ours: Contest['ours'];
}

/** CPU milliseconds an image of the kernel alone, all threads of this process; each picture's rows go to the same memory, as glibc gives torch. */
function decodeAll({ width, height, paths, images }: Pictures): number {
  const jpegs = paths.map((path) => readFileSync(path));
  const picture = new Uint8Array(CHANNELS * width * height);
  const area = { left: 0, right: width, top: 0, bottom: height };
  const before = process.cpuUsage();
  for (let i = 0; i < images; i++) {
    const isDecoded = decodeOwnRows(jpegs[i % jpegs.length]!, area, ({ data, row }) =>
      picture.set(data, CHANNELS * width * row),
    );
    if (!isDecoded) throw new Error(`the kernel leaves ${paths[i % paths.length]!} to another decoder`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / images;
}

/**
 * The JPEG kernel alone, and a whole decode and transform, beside torchvision's own decoder, which has libjpeg-turbo's SIMD, and its resize of
 * tensors, which makes other pixels than Pillow's.
 *
 * @param alone what is decoded and not transformed
 */
export async function tensorContests(
  { python, atEnd }: Setting,
  alone: Pictures,
  whole: WholeWork,
): Promise<(Contest | MissingContest)[]> {
  const torchvision = startLineProcess(python!.command, [script]);
  atEnd(() => torchvision.stop());
  const what = `decode a JPEG of ${alone.width} x ${alone.height}, no transform`;
  const ask = ({ paths, images }: Pictures, transform: boolean): Promise<unknown> =>
    torchvision.ask({ paths, images, transform });
  const first = await ask(alone, false);
  if (typeof first !== 'number') {
    const missing = `decode_jpeg of torchvision: ${first}`;
    return [what, whole.what].map((title) => ({ what: title, missing }));
  }
  const theirs = (pictures: Pictures, transform: boolean) => async (): Promise<number> =>
    ((await ask(pictures, transform)) as number) * (1000 / pictures.images);
  const unit = 'CPU ms an image';
  return [
    {
      ...{ what, unit, goal: 1 },
      ours: () => decodeAll(alone),
      peer: { name: NAMES.decode, theirs: theirs(alone, false) },
    },
    {
      ...{ what: whole.what, unit, ours: whole.ours },
      peer: { name: NAMES.transform, theirs: theirs(whole.pictures, true) },
    },
  ];
}
