// What is known of the picture that is decoded, and where its parts lie in memory.
//
// The memory, from `input` on: the file; the entropy-coded bytes of one interval, without stuffing; the planes of one row of
// MCUs and of the sample rows above it; two rows of upsampled chroma; the pixels of up to 17 rows; and, of a progressive
// picture, its coefficients. Every part begins at a multiple of 16 and may be written some bytes past its end.

/** Samples of a block's side. */
export const BLOCK: u32 = 8;
/** Bytes of a block of coefficients, 64 of 16 bits. */
export const BLOCK_BYTES: usize = 128;
/** Bytes of a block's mask. */
export const MASK_BYTES: usize = 8;
/** Room left of each plane's first column: the upsampling looks eight samples to the left. */
const MARGIN: usize = 16;
/** Entropy decoding is checked for having passed the end once for each MCU, which takes at most 10 * 64 * 32 bits. */
const OVERRUN_BYTES: usize = 4096;
/** What a pass over 16 pixels may write past the end of a row. */
const PAST_THE_END: usize = 64;

export let input: usize = 0;
export let inputEnd: usize = 0;
export let clean: usize = 0;
export let pixels: usize = 0;
/** Rows of upsampled chroma, blue and red. */
export let blueRow: usize = 0;
export let redRow: usize = 0;

export let width: u32 = 0;
export let height: u32 = 0;
export let components: u32 = 0;
/** Luma samples for each chroma sample, across and down: 1 or 2. */
export let across: u32 = 0;
export let down: u32 = 0;
export let mcusAcross: u32 = 0;
export let mcusDown: u32 = 0;

/** Of each of up to three components; see the accessors. */
const COMPONENT_BYTES: usize = 32;
const componentTable = memory.data(96, 16);

/** Where the first block row of the current row of MCUs begins in the component's plane. */
export function planeOf(component: u32): usize {
  return load<usize>(componentTable + <usize>component * COMPONENT_BYTES);
}
export function strideOf(component: u32): usize {
  return load<usize>(componentTable + <usize>component * COMPONENT_BYTES, 4);
}
/** Where a progressive component's coefficients lie, block after block, whole MCUs. */
export function coefficientsOf(component: u32): usize {
  return load<usize>(componentTable + <usize>component * COMPONENT_BYTES, 8);
}
/** Of each of those blocks, a bit for every AC coefficient in the order of the file: whether it is other than 0. */
export function masksOf(component: u32): usize {
  return load<usize>(componentTable + <usize>component * COMPONENT_BYTES, 20);
}
/** Blocks of a row of coefficients. */
export function blocksPerRow(component: u32): u32 {
  return load<u32>(componentTable + <usize>component * COMPONENT_BYTES, 12);
}
export function quantisationOf(component: u32): usize {
  return load<usize>(componentTable + <usize>component * COMPONENT_BYTES, 16);
}
/** Blocks of the component in an MCU, across and down. */
export function blocksAcross(component: u32): u32 {
  return component == 0 ? across : 1;
}
export function blocksDown(component: u32): u32 {
  return component == 0 ? down : 1;
}
/** The component's width in samples: the ceiling of its part of the picture's. */
export function samplesAcross(component: u32): u32 {
  return component == 0 ? width : (width + across - 1) / across;
}
export function samplesDown(component: u32): u32 {
  return component == 0 ? height : (height + down - 1) / down;
}

/** Which quantisation table (see `quantisation`) a component has. */
export function setQuantisation(component: u32, table: u32): void {
  store<usize>(componentTable + <usize>component * COMPONENT_BYTES, quantisation(table), 16);
}

const quantisationTables = memory.data(512, 16);

function quantisation(table: u32): usize {
  return quantisationTables + <usize>table * BLOCK_BYTES;
}

/** The places of the coefficients, in the order of the file, as byte offsets in a block; a run too long ends behind it. */
export const zigzag = memory.data<u8>([
  0, 2, 16, 32, 18, 4, 6, 20, 34, 48, 64, 50, 36, 22, 8, 10, 24, 38, 52, 66, 80, 96, 82, 68, 54, 40, 26, 12, 14, 28, 42, 56,
  70, 84, 98, 112, 114, 100, 86, 72, 58, 44, 30, 46, 60, 74, 88, 102, 116, 118, 104, 90, 76, 62, 78, 92, 106, 120, 122, 108,
  94, 110, 124, 126, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
]);

/** Takes a quantisation table of bytes as they lie in a file. */
export function defineQuantisation(table: u32, at: usize): void {
  for (let k: u32 = 0; k < 64; k++)
    store<u16>(quantisation(table) + load<u8>(zigzag + k), load<u8>(at + k));
}

function aligned(address: usize): usize {
  return (address + 15) & ~15;
}

/**
 * Plans the memory for a picture.
 *
 * @param fileBytes which begin at `inputAt()`
 * @param lumaAcross, lumaDown luma samples for each chroma sample; 1 of a grey picture
 * @returns how many bytes of memory it takes, which must be reserved before anything else is called
 */
export function layOut(
  fileBytes: u32,
  imageWidth: u32,
  imageHeight: u32,
  imageComponents: u32,
  lumaAcross: u32,
  lumaDown: u32,
  isProgressive: bool,
): f64 {
  width = imageWidth;
  height = imageHeight;
  components = imageComponents;
  across = lumaAcross;
  down = lumaDown;
  mcusAcross = (width + BLOCK * across - 1) / (BLOCK * across);
  mcusDown = (height + BLOCK * down - 1) / (BLOCK * down);
  input = inputAt();
  inputEnd = input + fileBytes;
  clean = aligned(inputEnd + PAST_THE_END);
  let free = aligned(clean + fileBytes + OVERRUN_BYTES);
  for (let component: u32 = 0; component < components; component++) free = placePlane(component, free);
  const rowBytes = <usize>(mcusAcross * across * BLOCK) + PAST_THE_END;
  blueRow = free;
  redRow = aligned(blueRow + rowBytes);
  pixels = aligned(redRow + rowBytes);
  free = aligned(pixels + (BLOCK * down + 1) * width * 3 + PAST_THE_END);
  let coefficientBytes: f64 = 0;
  if (isProgressive)
    for (let component: u32 = 0; component < components; component++) {
      const perRow = mcusAcross * blocksAcross(component);
      const at = componentTable + <usize>component * COMPONENT_BYTES;
      // As a number with a fraction, which does not overflow; what is too much is never reserved.
      const blocks = <f64>perRow * <f64>(mcusDown * blocksDown(component));
      store<usize>(at, free + <usize>coefficientBytes, 8);
      store<u32>(at, perRow, 12);
      store<usize>(at, free + <usize>(coefficientBytes + blocks * <f64>BLOCK_BYTES), 20);
      coefficientBytes += blocks * <f64>(BLOCK_BYTES + MASK_BYTES);
    }
  return <f64>free + coefficientBytes;
}

/** A plane has a row above the first block row, and one below the last. */
function placePlane(component: u32, free: usize): usize {
  const stride = aligned(<usize>(mcusAcross * blocksAcross(component) * BLOCK) + MARGIN + PAST_THE_END);
  const at = componentTable + <usize>component * COMPONENT_BYTES;
  store<usize>(at, free + stride + MARGIN);
  store<usize>(at, stride, 4);
  return free + stride * (blocksDown(component) * BLOCK + 2);
}

/** Where the file's bytes begin. */
export function inputAt(): usize {
  return aligned(__heap_base);
}

/** Where the rows of pixels begin that `emitRows` makes. */
export function pixelsAt(): usize {
  return pixels;
}

/** Sets all coefficients of a progressive picture to 0, and their masks. */
export function clearCoefficients(): void {
  for (let component: u32 = 0; component < components; component++) {
    const blocks = <usize>(blocksPerRow(component) * mcusDown * blocksDown(component));
    memory.fill(coefficientsOf(component), 0, blocks * (BLOCK_BYTES + MASK_BYTES));
  }
}
