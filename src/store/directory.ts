/** Blocks to an anchor. */
const STRIDE = 16;
const HEADER_BYTES = 4;

type Steps = Uint8Array | Uint16Array | Uint32Array;

/**
 * Which block covers a slot: the first slot of every block, in little memory. Every 16th is kept as it is, the others
 * as steps from the one before; spread hashes have steps of one byte. 8.9 million blocks take 11 MB, and 2 MB
 * more in memory to find the place at once.
 */
export class Directory {
  readonly blocks: number;
  /** The first slot of the block that `find` gave last. */
  foundStart = 0;
  readonly #anchors: Uint32Array;
  readonly #steps: Steps;
  /** For each value of a slot's leading bits: how many anchors lie below the slots that have it. */
  readonly #guide: Uint32Array;
  readonly #guideShift: number;

  private constructor(blocks: number, anchors: Uint32Array, steps: Steps) {
    this.blocks = blocks;
    this.#anchors = anchors;
    this.#steps = steps;
    const last = anchors.at(-1) ?? 0;
    this.#guideShift = Math.max(0, Math.ceil(Math.log2((last + 1) / Math.max(1, anchors.length))));
    this.#guide = makeGuide(anchors, this.#guideShift);
  }

  /** @param starts the first slot of each block, ascending */
  static of(starts: Uint32Array): Directory {
    const anchors = new Uint32Array(Math.ceil(starts.length / STRIDE));
    let greatest = 0;
    for (let i = 0; i < starts.length; i++) {
      if (i % STRIDE === 0) anchors[i / STRIDE] = starts[i]!;
      else greatest = Math.max(greatest, starts[i]! - starts[i - 1]!);
    }
    const steps = makeSteps(widthFor(greatest), starts.length);
    for (let i = 0; i < starts.length; i++) {
      steps[i] = i % STRIDE === 0 ? 0 : starts[i]! - starts[i - 1]!;
    }
    return new Directory(starts.length, anchors, steps);
  }

  /** Reads what `toBytes` wrote; undefined where it is no directory of so many blocks. */
  static from(bytes: Uint8Array, blocks: number): Directory | undefined {
    const width = bytes[0];
    const anchorBytes = 4 * Math.ceil(blocks / STRIDE);
    if (
      (width !== 1 && width !== 2 && width !== 4) ||
      bytes.length !== HEADER_BYTES + anchorBytes + width * blocks
    ) {
      return undefined;
    }
    const anchors = new Uint32Array(anchorBytes / 4);
    new Uint8Array(anchors.buffer).set(bytes.subarray(HEADER_BYTES, HEADER_BYTES + anchorBytes));
    const steps = makeSteps(width, blocks);
    new Uint8Array(steps.buffer).set(bytes.subarray(HEADER_BYTES + anchorBytes));
    return new Directory(blocks, anchors, steps);
  }

  /** The width of a step, three zeroes; the anchors, uint32; the steps. Little-endian. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(HEADER_BYTES + this.#anchors.byteLength + this.#steps.byteLength);
    bytes[0] = this.#steps.BYTES_PER_ELEMENT;
    bytes.set(new Uint8Array(this.#anchors.buffer), HEADER_BYTES);
    bytes.set(new Uint8Array(this.#steps.buffer), HEADER_BYTES + this.#anchors.byteLength);
    return bytes;
  }

  /** The first slot of a block. */
  startOf(block: number): number {
    const anchor = Math.floor(block / STRIDE);
    let start = this.#anchors[anchor]!;
    for (let i = anchor * STRIDE + 1; i <= block; i++) start += this.#steps[i]!;
    return start;
  }

  /** The last block that does not start after `slot`, and in `foundStart` where it starts; -1 where all start after it. */
  find(slot: number): number {
    const anchors = this.#anchors;
    const guide = this.#guide;
    const steps = this.#steps;
    const stretch = Math.min(slot >>> this.#guideShift, guide.length - 2);
    let low = guide[stretch]!;
    let high = guide[stretch + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (anchors[middle]! <= slot) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return -1;
    let block = (low - 1) * STRIDE;
    let start = anchors[low - 1]!;
    for (const end = Math.min(this.blocks, block + STRIDE); block + 1 < end; block++) {
      const next = start + steps[block + 1]!;
      if (next > slot) break;
      start = next;
    }
    this.foundStart = start;
    return block;
  }
}

/**
 * About as many stretches of slots as there are anchors, so that a look-up finds its anchor among one or two. One entry
 * more than there are stretches: the number of all anchors.
 */
function makeGuide(anchors: Uint32Array, shift: number): Uint32Array {
  const guide = new Uint32Array(((anchors.at(-1) ?? 0) >>> shift) + 2);
  let above = 0;
  for (let stretch = 0; stretch < guide.length; stretch++) {
    while (above < anchors.length && anchors[above]! >>> shift < stretch) above++;
    guide[stretch] = above;
  }
  return guide;
}

function widthFor(greatest: number): 1 | 2 | 4 {
  if (greatest <= 0xff) return 1;
  return greatest <= 0xffff ? 2 : 4;
}

function makeSteps(width: 1 | 2 | 4, length: number): Steps {
  if (width === 1) return new Uint8Array(length);
  return width === 2 ? new Uint16Array(length) : new Uint32Array(length);
}
