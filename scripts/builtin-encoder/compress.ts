import { IMAGE_SIZE, LUMA } from './measures.ts';
import type { Picture } from './picture.ts';
import { type Channel, resize } from './resize.ts';

const BLOCK = 8;

/** ITU-T T.81, tables K.1 and K.2. */
const LUMA_STEPS = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
] as const;
const COLOUR_STEPS = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
] as const;

/** The orthonormal cosine transform of 8 values: row k is the wave of frequency k. */
const WAVES: readonly Float64Array[] = Array.from({ length: BLOCK }, (_, k) =>
  Float64Array.from(
    { length: BLOCK },
    (_, x) => Math.sqrt((k === 0 ? 1 : 2) / BLOCK) * Math.cos(((2 * x + 1) * k * Math.PI) / (2 * BLOCK)),
  ),
);

/** The quality scale of the Independent JPEG Group: what it multiplies the tables' steps by. */
function stepsAt(quality: number, table: readonly number[]): number[] {
  const scale = quality < 50 ? 50 / quality : 2 - quality / 50;
  return table.map((step) => Math.min(255, Math.max(1, Math.round(step * scale))));
}

type Channels = readonly [Channel, Channel, Channel];

/** Of BT.601: Y, Cb and Cr, and back. */
const BLUE_SCALE = 2 * (1 - LUMA[2]);
const RED_SCALE = 2 * (1 - LUMA[0]);

/**
 * What JPEG does to a picture that is `side` pixels wide and high when it is compressed, with colour at half that size,
 * and that is resized to the crop later. Written out here, so that the lessons do not change with an encoder's version.
 */
export function compress(picture: Picture, quality: number, side: number): Picture {
  const [red, green, blue] = [0, 1, 2].map((channel) =>
    enlarged(picture, channel, side),
  ) as unknown as Channels;
  const luma = mix(
    red,
    (i) => LUMA[0] * red.values[i]! + LUMA[1] * green.values[i]! + LUMA[2] * blue.values[i]!,
  );
  const half = Math.ceil(side / 2);
  const colour = (channel: Channel, scale: number): Channel => {
    const difference = mix(channel, (i) => (channel.values[i]! - luma.values[i]!) / scale);
    const small = quantise(resize(difference, half, half), stepsAt(quality, COLOUR_STEPS));
    return resize(small, side, side);
  };
  const [light, cb, cr] = [
    quantise(luma, stepsAt(quality, LUMA_STEPS)),
    colour(blue, BLUE_SCALE),
    colour(red, RED_SCALE),
  ];
  const newRed = mix(light, (i) => light.values[i]! + RED_SCALE * cr.values[i]!);
  const newBlue = mix(light, (i) => light.values[i]! + BLUE_SCALE * cb.values[i]!);
  const rest = (i: number): number => LUMA[0] * newRed.values[i]! + LUMA[2] * newBlue.values[i]!;
  const newGreen = mix(light, (i) => (light.values[i]! - rest(i)) / LUMA[1]);
  return interleaved(
    [newRed, newGreen, newBlue].map((channel) => resize(cut(channel), IMAGE_SIZE, IMAGE_SIZE)),
  );
}

function mix(like: Channel, of: (i: number) => number): Channel {
  const values = new Float32Array(like.values.length);
  for (let i = 0; i < values.length; i++) values[i] = of(i);
  return { ...like, values };
}

function cut(channel: Channel): Channel {
  return mix(channel, (i) => Math.min(1, Math.max(0, channel.values[i]!)));
}

function enlarged(picture: Picture, channel: number, side: number): Channel {
  const values = new Float32Array(IMAGE_SIZE ** 2).map((_, i) => picture[3 * i + channel]!);
  return cut(resize(cut({ width: IMAGE_SIZE, height: IMAGE_SIZE, values }), side, side));
}

function interleaved(channels: readonly Channel[]): Picture {
  const picture = new Float32Array(3 * IMAGE_SIZE ** 2);
  return picture.map((_, i) => channels[i % 3]!.values[Math.floor(i / 3)]!);
}

/** Rounds the cosine transform of each block to multiples of the steps, which are in 255ths. */
function quantise({ width, height, values }: Channel, steps: readonly number[]): Channel {
  const result = new Float32Array(values.length);
  for (let top = 0; top < height; top += BLOCK) {
    for (let left = 0; left < width; left += BLOCK) {
      const block = new Float64Array(BLOCK ** 2).map((_, i) => {
        const y = Math.min(height - 1, top + Math.floor(i / BLOCK));
        return values[y * width + Math.min(width - 1, left + (i % BLOCK))]!;
      });
      const rounded = transform(block, 'forward').map(
        (value, i) => (Math.round((255 * value) / steps[i]!) * steps[i]!) / 255,
      );
      transform(rounded, 'back').forEach((value, i) => {
        const [x, y] = [left + (i % BLOCK), top + Math.floor(i / BLOCK)];
        if (x < width && y < height) result[y * width + x] = value;
      });
    }
  }
  return { width, height, values: result };
}

/** The cosine transform of a block, or its inverse: along the rows, then along the columns. */
function transform(block: Float64Array, direction: 'forward' | 'back'): Float64Array {
  const tap = (k: number, x: number): number => (direction === 'forward' ? WAVES[k]![x]! : WAVES[x]![k]!);
  const alongRows = (source: Float64Array): Float64Array => {
    // Turned over on the way, so that doing it twice does both directions.
    const turned = new Float64Array(BLOCK ** 2);
    for (let y = 0; y < BLOCK; y++) {
      for (let k = 0; k < BLOCK; k++) {
        for (let x = 0; x < BLOCK; x++) turned[k * BLOCK + y]! += tap(k, x) * source[y * BLOCK + x]!;
      }
    }
    return turned;
  };
  return alongRows(alongRows(block));
}
