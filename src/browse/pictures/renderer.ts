import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { createDecoder, type Decoder } from '../../decode/decoder.ts';
import type { DecodeFailure } from '../../decode/outcome.ts';

/** A picture as a page gets it. */
export interface Rendered {
  readonly kind: 'rendered';
  /** WebP, made by us: not a byte of the file itself. */
  readonly webp: Buffer;
}

/** `small` and `grid`: the middle square, as most models look at it. `large`: all of it. */
export type PictureSize = 'small' | 'grid' | 'large';

/** Of the grid's squares, in pixels: sharp on screens of two pixels to the point. */
export const GRID_SIDE_PX = 320;
/** For pages that hold hundreds of pictures themselves. */
const SMALL_SIDE_PX = 160;
const LARGE_SIDE_PX = 1280;
const SQUARES = { small: SMALL_SIDE_PX, grid: GRID_SIDE_PX } as const;
const MOST_PROCESSES = 4;
/** Pictures of one kind that are decoded at one time; those that nobody waits for any more cost nothing. */
const AT_ONCE = 8;

/**
 * Makes pictures for a page in the decoder's processes, the same that look at images in a run: what is no image, or harms
 * whoever decodes it, costs at most a process, and never reaches the browser.
 */
export class Renderer {
  readonly #decoders: Record<PictureSize, Decoder | undefined> = {
    small: undefined,
    grid: undefined,
    large: undefined,
  };
  readonly #limits = { small: pLimit(AT_ONCE), grid: pLimit(AT_ONCE), large: pLimit(AT_ONCE) };

  /** @param signal nobody waits for it any more @throws the signal's reason; errors of the decoder when it is stopped */
  render(bytes: Uint8Array, size: PictureSize, signal: AbortSignal): Promise<Rendered | DecodeFailure> {
    return this.#limits[size](async () => {
      signal.throwIfAborted();
      const decoder = this.#decoder(size);
      const outcome = await decoder.decode(bytes);
      if (outcome.kind === 'failed') return outcome;
      const shape = size === 'large' ? shapeWithin(outcome) : { width: SQUARES[size], height: SQUARES[size] };
      return { kind: 'rendered', webp: Buffer.from(await decoder.thumbnail(outcome.crops[0]!, shape)) };
    });
  }

  async stop(): Promise<void> {
    for (const decoder of Object.values(this.#decoders)) await decoder?.stop();
  }

  #decoder(size: PictureSize): Decoder {
    this.#decoders[size] ??= createDecoder({
      // The whole picture is squeezed into a square, which is then made as wide or as high as the picture is.
      transforms: [
        size === 'large'
          ? { sizePx: LARGE_SIDE_PX, resize: 'squash', interpolation: 'bicubic' }
          : { sizePx: SQUARES[size], resize: 'short-side', interpolation: 'bicubic' },
      ],
      mode: 'fast',
      processes: size === 'large' ? 1 : Math.min(MOST_PROCESSES, availableParallelism()),
    });
    return this.#decoders[size];
  }
}

/** A picture's size, made smaller where it is larger than the page's. */
function shapeWithin({ width, height }: { readonly width: number; readonly height: number }): {
  readonly width: number;
  readonly height: number;
} {
  const share = Math.min(1, LARGE_SIDE_PX / Math.max(width, height));
  return { width: Math.max(1, Math.round(share * width)), height: Math.max(1, Math.round(share * height)) };
}
