import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Random } from '../../scripts/random.ts';
import { packageFolder } from '../../src/base/package.ts';
import type { Area } from '../../src/decode/exact-resize.ts';
import { decodeOwnJpeg, decodeOwnRows } from '../../src/decode/jpeg/own-jpeg.ts';
import { readJpegHeader } from '../../src/decode/jpeg.ts';
import { openImage } from '../../src/decode/raw-image.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { mutateBytes } from '../helpers/mutate-bytes.ts';
import { swapSampling } from './crafted.ts';

const FUZZED = Number(process.env['BOWERBIRD_FUZZED_JPEGS'] ?? 600);
const SEED = Number(process.env['BOWERBIRD_FUZZ_SEED'] ?? 1);
/** Of fuzzed files: some claim sides of 65,535. */
const MAX_AREA_PX = 1_000_000;
const CHANNELS = 3;

function read(name: string): Buffer {
  return readFileSync(join(packageFolder, 'test', 'decode', name));
}

/** Smooth colours under noise, in any size. */
async function encode(random: Random, width: number, height: number, options: object): Promise<Buffer> {
  const patches = Uint8Array.from({ length: 4 * 3 * CHANNELS }, () => random.next() * 256);
  const { data } = await sharp(patches, { raw: { width: 4, height: 3, channels: CHANNELS } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const noise = random.next() * 60;
  for (let i = 0; i < data.length; i++)
    data[i] = Math.min(Math.max(data[i]! + random.between(-noise, noise), 0), 255);
  return sharp(data, { raw: { width, height, channels: CHANNELS } })
    .jpeg(options)
    .toBuffer();
}

/** JPEGs of every kind that is decoded here. */
async function soundJpegs(): Promise<ReadonlyMap<string, Buffer>> {
  const random = new Random(SEED);
  const made = new Map<string, Buffer>();
  for (const chromaSubsampling of ['4:4:4', '4:2:0'])
    for (const progressive of [false, true])
      for (const quality of [3, 40, 80, 97, 100])
        for (const isLarge of [false, true]) {
          const [width, height] = [8, 8].map(
            (least) => least + Math.floor(random.next() * (isLarge ? 130 : 40)),
          );
          const options = { quality, progressive, chromaSubsampling, optimiseCoding: quality % 2 === 0 };
          const name = `${chromaSubsampling} ${progressive ? 'progressive ' : ''}q${quality} ${width}x${height}`;
          made.set(name, await encode(random, width!, height!, options));
        }
  for (const name of [
    '422',
    '422-progressive',
    '444',
    'grey',
    'grey-progressive',
    'optimised',
    'quality-100',
  ])
    made.set(name, read(`fixtures/jpeg-${name}.jpg`));
  for (const name of ['422', '422-progressive'])
    made.set(`${name} as 440`, swapSampling(read(`fixtures/jpeg-${name}.jpg`)));
  made.set('restart markers', read('odd/jpeg/restart-markers.jpg'));
  return made;
}

/** Pixels as the decoder of before makes them, or undefined where it refuses the file. */
async function pixelsOfSharp(jpeg: Buffer): Promise<Buffer | undefined> {
  try {
    const { data, info } = await openImage(jpeg, MAX_AREA_PX).raw().toBuffer({ resolveWithObject: true });
    return info.channels === CHANNELS ? data : undefined;
  } catch {
    return undefined;
  }
}

test('sound JPEGs of every kind give the pixels of libjpeg-turbo', async (t) => {
  for (const [name, jpeg] of await soundJpegs()) {
    const own = decodeOwnJpeg(jpeg, readJpegHeader(jpeg)!);
    const theirs = (await pixelsOfSharp(jpeg))!;
    t.true(own !== undefined && theirs.equals(own.data), name);
  }
});

test('a part of a JPEG is what the whole has there', async (t) => {
  const random = new Random(SEED);
  for (const [name, jpeg] of await soundJpegs()) {
    const { width, height } = readJpegHeader(jpeg)!;
    const whole = decodeOwnJpeg(jpeg, { width, height })!.data;
    const [left, right] = cut(random, width);
    const [top, bottom] = cut(random, height);
    const area = { left, right, top, bottom };
    t.deepEqual(decodeArea(jpeg, area), cutOut(whole, width, area), `${name}: ${JSON.stringify(area)}`);
  }
});

test('of many tables for one slot the last counts', async (t) => {
  const jpeg = read('fixtures/jpeg-64x48.jpg');
  const tablesAt = jpeg.indexOf(Buffer.from([0xff, 0xc4]));
  const table = jpeg.subarray(tablesAt, tablesAt + 2 + jpeg.readUInt16BE(tablesAt + 2));
  // One code of one bit, for the symbol 0.
  const other = Buffer.from([0xff, 0xc4, 0, 20, table[4]!, 1, ...new Array<number>(15).fill(0), 0]);
  const many = Buffer.concat([
    jpeg.subarray(0, tablesAt),
    ...new Array<Buffer>(2000).fill(other),
    jpeg.subarray(tablesAt),
  ]);
  const own = decodeOwnJpeg(many, readJpegHeader(many)!);
  t.true(own !== undefined && (await pixelsOfSharp(many))!.equals(own.data));
});

function cut(random: Random, side: number): [number, number] {
  const first = Math.floor(random.next() * side);
  return [first, first + 1 + Math.floor(random.next() * (side - first))];
}

function decodeArea(jpeg: Buffer, area: Area): Buffer {
  const lines: Buffer[] = [];
  const isUsual = decodeOwnRows(jpeg, area, ({ data, left, width, row }) => {
    for (let y = 0; y * width * CHANNELS < data.length; y++) {
      if (row + y !== area.top + lines.length) throw new Error(`row ${row + y} came after ${lines.length}`);
      const line = data.subarray(y * width * CHANNELS, (y + 1) * width * CHANNELS);
      lines.push(Buffer.from(line.slice((area.left - left) * CHANNELS, (area.right - left) * CHANNELS)));
    }
  });
  return isUsual ? Buffer.concat(lines) : Buffer.alloc(0);
}

function cutOut(pixels: Uint8Array, width: number, { left, right, top, bottom }: Area): Buffer {
  const line = (y: number) => pixels.subarray((y * width + left) * CHANNELS, (y * width + right) * CHANNELS);
  return Buffer.concat(Array.from({ length: bottom - top }, (_, y) => line(top + y)));
}

test(`${FUZZED} damaged JPEGs (seed ${SEED}) are left aside, or give the pixels of libjpeg-turbo`, async (t) => {
  const random = new Random(SEED);
  const sound = [...(await soundJpegs()).values()].filter(({ length }) => length < 10_000);
  const seen = { decoded: 0, leftAside: 0, tooLarge: 0 };
  for (let i = 0; i < FUZZED; i++) {
    const source = sound[Math.floor(random.next() * sound.length)]!;
    const scanAt = source.indexOf(Buffer.from([0xff, 0xda]));
    const damaged = mutateBytes(
      source,
      random,
      random.next() < 0.5
        ? { first: 2, bytes: scanAt + 12 }
        : { first: scanAt, bytes: source.length - scanAt },
    );
    const header = readJpegHeader(damaged);
    if (!header) continue;
    if (header.width * header.height > MAX_AREA_PX) {
      seen.tooLarge++;
      continue;
    }
    const own = decodeOwnJpeg(damaged, header);
    if (!own) {
      seen.leftAside++;
      continue;
    }
    seen.decoded++;
    const theirs = await pixelsOfSharp(damaged);
    if (!theirs?.equals(own.data)) t.fail(`file ${i} differs: ${damaged.toString('base64')}`);
  }
  t.log(seen);
  t.true(seen.decoded > FUZZED / 20 && seen.leftAside > FUZZED / 5);
});
