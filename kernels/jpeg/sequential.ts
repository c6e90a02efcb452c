// The one scan of a sequential picture: a row of MCUs at a time, from bits to samples (ITU T.81, annex F.2).

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
  blocksAcross,
  blocksDown,
  components,
  mcusAcross,
  planeOf,
  quantisationOf,
  strideOf,
  zigzag,
} from './frame';
import { clearBlock, flatBlock, inverseTransform } from './idct';

/** Of each block of an MCU: DC table, AC table, quantisation table, prediction, place in the plane, stride, bytes to the next MCU. */
const SLOT_BYTES: usize = 32;
const slots = memory.data(320, 16);
let slotsEnd: usize = slots;

const predictions = memory.data(16, 16);
/** The block in work, and room behind it for a run that is too long. */
const block = memory.data(144, 16);

/** Tells which Huffman tables the components have, two bits of each: the DC slots and the AC slots. */
export function startSequential(dcSlots: u32, acSlots: u32): void {
  slotsEnd = slots;
  for (let component: u32 = 0; component < components; component++) {
    const stride = strideOf(component);
    for (let y: u32 = 0; y < blocksDown(component); y++)
      for (let x: u32 = 0; x < blocksAcross(component); x++) {
        store<usize>(slotsEnd, huffmanTable((dcSlots >> (component << 1)) & 3));
        store<usize>(slotsEnd, huffmanTable(((acSlots >> (component << 1)) & 3) + 4), 4);
        store<usize>(slotsEnd, quantisationOf(component), 8);
        store<usize>(slotsEnd, predictions + (component << 2), 12);
        store<usize>(slotsEnd, planeOf(component) + <usize>(y * BLOCK) * stride + x * BLOCK, 16);
        store<usize>(slotsEnd, stride, 20);
        store<usize>(slotsEnd, blocksAcross(component) * BLOCK, 24);
        slotsEnd += SLOT_BYTES;
      }
  }
  clearBlock(block);
  clearPredictions();
}

function clearPredictions(): void {
  v128.store(predictions, i32x4.splat(0));
}

/**
 * Decodes the next row of MCUs; of those from `first` up to `end` it makes samples.
 *
 * @returns false where the data are not as they should be
 */
export function decodeMcuRow(first: u32, end: u32): bool {
  let buffer = bitBuffer;
  let count = bitCount;
  let at = bitsAt;
  for (let mcu: u32 = 0; mcu < mcusAcross; mcu++) {
    if (untilRestart == 0) {
      saveBits(buffer, count, at);
      if (!restart()) return false;
      clearPredictions();
      buffer = 0;
      count = 0;
      at = bitsAt;
    }
    countMcu();
    const isWanted = mcu >= first && mcu < end;
    for (let slot: usize = slots; slot < slotsEnd; slot += SLOT_BYTES) {
      if (count <= 32) {
        buffer |= <u64>load<u32>(at) << (32 - count);
        at += 4;
        count += 32;
      }
      let table = load<usize>(slot);
      let entry = load<u32>(table + (<usize>(buffer >> (64 - LOOK)) << 2));
      if (entry == 0) {
        entry = longCode(table, buffer);
        if (entry == 0) return false;
      }
      let length = entry & 0xff;
      let size = entry >> 8;
      buffer <<= length;
      count -= length;
      let dc = load<i32>(load<usize>(slot, 12));
      if (size > 0) {
        dc += extend(<u32>(buffer >> (64 - size)), size);
        buffer <<= size;
        count -= size;
        store<i32>(load<usize>(slot, 12), dc);
      }
      table = load<usize>(slot, 4);
      let k: u32 = 1;
      do {
        if (count <= 32) {
          buffer |= <u64>load<u32>(at) << (32 - count);
          at += 4;
          count += 32;
        }
        entry = load<u32>(table + (<usize>(buffer >> (64 - LOOK)) << 2));
        if (entry >= 0x10000) {
          length = entry & 0xff;
          k += (entry >> 8) & 0xff;
          store<i16>(block + load<u8>(zigzag + k), <i16>(entry >> 16));
          k++;
          buffer <<= length;
          count -= length;
          continue;
        }
        if (entry == 0) {
          entry = longCode(table, buffer);
          if (entry == 0) return false;
        }
        length = entry & 0xff;
        buffer <<= length;
        count -= length;
        size = (entry >> 8) & 15;
        const run = entry >> 12;
        if (size > 0) {
          k += run;
          store<i16>(block + load<u8>(zigzag + k), <i16>extend(<u32>(buffer >> (64 - size)), size));
          k++;
          buffer <<= size;
          count -= size;
        } else if (run == 15) k += 16;
        else if (run == 0) break;
        else return false;
      } while (k < 64);
      if (k > 64) return false;
      const target = load<usize>(slot, 16) + <usize>mcu * load<usize>(slot, 24);
      if (k == 1) {
        if (isWanted) flatBlock(<i16>dc, load<usize>(slot, 8), target, load<usize>(slot, 20));
      } else {
        if (isWanted) {
          store<i16>(block, <i16>dc);
          inverseTransform(block, load<usize>(slot, 8), target, load<usize>(slot, 20));
        }
        clearBlock(block);
      }
    }
    if (at > cleanEnd + 16) return false;
  }
  saveBits(buffer, count, at);
  return true;
}
