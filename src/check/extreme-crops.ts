/** A crop that few photographs come near, and what it shows: for a person. */
export interface ExtremeCrop {
  readonly words: string;
  /** uint8, `[sizePx, sizePx, 3]`, RGB. */
  readonly pixels: Uint8Array;
}

/** A value of 0 to 255 for a channel (0 red) at a place. */
type Paint = (x: number, y: number, channel: number) => number;

const FULL = 255;
/** Squares of 16 pixels in 224: as large as the patches of vision transformers. */
const LARGE_SQUARES_A_SIDE = 14;

/** Knuth, The Art of Computer Programming, volume 3, 6.4: 2^32 divided by the golden ratio. */
const MULTIPLIER = 2_654_435_761;

const plain =
  (...colour: readonly number[]): Paint =>
  (_x, _y, channel) =>
    colour[channel]!;

const checkerboard =
  (edgePx: number): Paint =>
  (x, y) =>
    (Math.floor(x / edgePx) + Math.floor(y / edgePx)) % 2 === 0 ? FULL : 0;

/** Each value is 0 or 255, as by chance. */
const blackAndWhiteNoise: Paint = (x, y, channel) =>
  Math.imul(7919 * x + 104_729 * y + 1_299_709 * channel + 1, MULTIPLIER) < 0 ? FULL : 0;

function paintsFor(sizePx: number): readonly (readonly [words: string, paint: Paint])[] {
  return [
    ['black', plain(0, 0, 0)],
    ['white', plain(FULL, FULL, FULL)],
    ['red', plain(FULL, 0, 0)],
    ['green', plain(0, FULL, 0)],
    ['blue', plain(0, 0, FULL)],
    ['a checkerboard of pixels', checkerboard(1)],
    ['a checkerboard of large squares', checkerboard(Math.max(2, Math.round(sizePx / LARGE_SQUARES_A_SIDE)))],
    ['noise of 0 and 255', blackAndWhiteNoise],
  ];
}

/**
 * Crops at the ends of the range of pixels: where one activation of a model can exceed what float16 holds while those of all
 * other pictures do not.
 */
export function extremeCrops(sizePx: number): ExtremeCrop[] {
  return paintsFor(sizePx).map(([words, paint]) => {
    const pixels = new Uint8Array(sizePx * sizePx * 3);
    for (let y = 0, at = 0; y < sizePx; y++)
      for (let x = 0; x < sizePx; x++)
        for (let channel = 0; channel < 3; channel++) pixels[at++] = paint(x, y, channel);
    return { words, pixels };
  });
}
