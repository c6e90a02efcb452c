// The scans of a progressive picture that bring coefficients (ITU T.81, annex G), and the transform at the end.

import {
  bitBuffer,
  bitCount,
  bitsAt,
  cleanEnd,
  countMcu,
  extend,
  huffmanTable,
  LOOK,
  longCode,
  restart,
  saveBits,
  untilRestart,
} from './bits';
import {
  BLOCK,
  BLOCK_BYTES,
  blocksAcross,
  blocksDown,
  blocksPerRow,
  coefficientsOf,
  components,
  MASK_BYTES,
  masksOf,
  mcusAcross,
  mcusDown,
  planeOf,
  quantisationOf,
  samplesAcross,
  samplesDown,
  strideOf,
  zigzag,
} from './frame';
import { flatBlock, inverseTransform } from './idct';

const predictions = memory.data(16, 16);

/**
 * A scan of DC coefficients.
 *
 * @param mask of the components in it
 * @param dcSlots two bits for each component: its Huffman table
 * @param isRefinement whether it adds bit `low` to what is known, or brings all bits from `low` up
 * @returns false where the data are not as they should be
 */
export function decodeDcScan(mask: u32, dcSlots: u32, isRefinement: bool, low: u32): bool {
  // A component by itself has no padding to whole MCUs.
  const alone = popcnt(mask) == 1 ? ctz(mask) : 3;
  const rows = alone < 3 ? (samplesDown(alone) + BLOCK - 1) / BLOCK : mcusDown;
  const columns = alone < 3 ? (samplesAcross(alone) + BLOCK - 1) / BLOCK : mcusAcross;
  v128.store(predictions, i32x4.splat(0));
  for (let row: u32 = 0; row < rows; row++)
    for (let column: u32 = 0; column < columns; column++) {
      if (untilRestart == 0) {
        if (!restart()) return false;
        v128.store(predictions, i32x4.splat(0));
      }
      countMcu();
      for (let component: u32 = 0; component < components; component++) {
        if (!(mask & (1 << component))) continue;
        const down: u32 = alone < 3 ? 1 : blocksDown(component);
        const across: u32 = alone < 3 ? 1 : blocksAcross(component);
        for (let y: u32 = 0; y < down; y++)
          for (let x: u32 = 0; x < across; x++) {
            const place = (row * down + y) * blocksPerRow(component) + column * across + x;
            const block = coefficientsOf(component) + <usize>place * BLOCK_BYTES;
            if (isRefinement) refineDc(block, low);
            else if (!firstDc(block, component, (dcSlots >> (component << 1)) & 3, low)) return false;
          }
      }
      if (bitsAt > cleanEnd + 16) return false;
    }
  return true;
}

function firstDc(block: usize, component: u32, slot: u32, low: u32): bool {
  let buffer = bitBuffer;
  let count = bitCount;
  let at = bitsAt;
  if (count <= 32) {
    buffer |= <u64>load<u32>(at) << (32 - count);
    at += 4;
    count += 32;
  }
  const table = huffmanTable(slot);
  let entry = load<u32>(table + (<usize>(buffer >> (64 - LOOK)) << 2));
  if (entry == 0) {
    entry = longCode(table, buffer);
    if (entry == 0) return false;
  }
  const length = entry & 0xff;
  const size = entry >> 8;
  buffer <<= length;
  count -= length;
  const prediction = predictions + (<usize>component << 2);
  let dc = load<i32>(prediction);
  if (size > 0) {
    dc += extend(<u32>(buffer >> (64 - size)), size);
    buffer <<= size;
    count -= size;
    store<i32>(prediction, dc);
  }
  store<i16>(block, <i16>(dc << low));
  saveBits(buffer, count, at);
  return true;
}

function refineDc(block: usize, low: u32): void {
  let buffer = bitBuffer;
  let count = bitCount;
  let at = bitsAt;
  if (count == 0) {
    buffer = <u64>load<u32>(at) << 32;
    at += 4;
    count = 32;
  }
  if (buffer >> 63) store<i16>(block, load<i16>(block) | (<i16>1 << <i16>low));
  saveBits(buffer << 1, count - 1, at);
}

/**
 * A scan that brings AC coefficients `first` to `last` of one component, from bit `low` up.
 *
 * @param slot of the Huffman table, 4 to 7
 */
export function decodeAcScan(component: u32, slot: u32, first: u32, last: u32, low: u32): bool {
  const table = huffmanTable(slot);
  const rows = (samplesDown(component) + BLOCK - 1) / BLOCK;
  const columns = (samplesAcross(component) + BLOCK - 1) / BLOCK;
  let buffer = bitBuffer;
  let count = bitCount;
  let at = bitsAt;
  /** Blocks, this one among them, that have no more coefficients. */
  let ended: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    let block = coefficientsOf(component) + <usize>(row * blocksPerRow(component)) * BLOCK_BYTES;
    let maskAt = masksOf(component) + <usize>(row * blocksPerRow(component)) * MASK_BYTES;
    for (let column: u32 = 0; column < columns; column++, block += BLOCK_BYTES, maskAt += MASK_BYTES) {
      if (untilRestart == 0) {
        saveBits(buffer, count, at);
        if (!restart()) return false;
        buffer = 0;
        count = 0;
        at = bitsAt;
        ended = 0;
      }
      countMcu();
      if (ended > 0) {
        ended--;
        continue;
      }
      let mask = load<u64>(maskAt);
      for (let k = first; k <= last; k++) {
        if (count <= 32) {
          buffer |= <u64>load<u32>(at) << (32 - count);
          at += 4;
          count += 32;
        }
        let entry = load<u32>(table + (<usize>(buffer >> (64 - LOOK)) << 2));
        let length = entry & 0xff;
        if (entry >= 0x10000) {
          k += (entry >> 8) & 0xff;
          if (k > last) return false;
          const value = (<i32>entry >> 16) << low;
          if (value != <i32>(<i16>value)) return false;
          store<i16>(block + load<u8>(zigzag + k), <i16>value);
          mask |= <u64>1 << k;
          buffer <<= length;
          count -= length;
          continue;
        }
        if (entry == 0) {
          entry = longCode(table, buffer);
          if (entry == 0) return false;
          length = entry & 0xff;
        }
        buffer <<= length;
        count -= length;
        const size = (entry >> 8) & 15;
        const run = entry >> 12;
        if (size > 0) {
          k += run;
          if (k > last) return false;
          const value = extend(<u32>(buffer >> (64 - size)), size) << low;
          if (value != <i32>(<i16>value)) return false;
          store<i16>(block + load<u8>(zigzag + k), <i16>value);
          mask |= <u64>1 << k;
          buffer <<= size;
          count -= size;
        } else if (run == 15) k += 15;
        else {
          ended = (1 << run) - 1;
          if (run > 0) {
            ended += <u32>(buffer >> (64 - run));
            buffer <<= run;
            count -= run;
          }
          break;
        }
      }
      store<u64>(maskAt, mask);
      if (at > cleanEnd + 16) return false;
    }
  }
  saveBits(buffer, count, at);
  return true;
}

/** Makes the samples of a row of MCUs, of those from `first` up to `end`. */
export function transformMcuRow(row: u32, first: u32, end: u32): void {
  const until = min(end, mcusAcross);
  for (let component: u32 = 0; component < components; component++) {
    const across = blocksAcross(component);
    const down = blocksDown(component);
    const stride = strideOf(component);
    const quantisation = quantisationOf(component);
    for (let y: u32 = 0; y < down; y++) {
      const place = <usize>((row * down + y) * blocksPerRow(component));
      const blocks = coefficientsOf(component) + place * BLOCK_BYTES;
      const masks = masksOf(component) + place * MASK_BYTES;
      const target = planeOf(component) + <usize>(y * BLOCK) * stride;
      for (let x = first * across; x < until * across; x++) {
        const block = blocks + <usize>x * BLOCK_BYTES;
        if (load<u64>(masks + <usize>x * MASK_BYTES) == 0)
          flatBlock(load<i16>(block), quantisation, target + x * BLOCK, stride);
        else inverseTransform(block, quantisation, target + x * BLOCK, stride);
      }
    }
  }
}
