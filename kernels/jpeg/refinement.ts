// Scans of a progressive picture that add a bit to AC coefficients (ITU T.81, G.1.2.3).

import {
  bitBuffer,
  bitCount,
  bitsAt,
  cleanEnd,
  countMcu,
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
  blocksPerRow,
  coefficientsOf,
  MASK_BYTES,
  masksOf,
  samplesAcross,
  samplesDown,
  zigzag,
} from './frame';

/** A scan that adds bit `low` to AC coefficients `first` to `last` of one component; otherwise as `decodeAcScan` (progressive.ts). */
export function refineAcScan(component: u32, slot: u32, first: u32, last: u32, low: u32): bool {
  const table = huffmanTable(slot);
  const rows = (samplesDown(component) + BLOCK - 1) / BLOCK;
  const columns = (samplesAcross(component) + BLOCK - 1) / BLOCK;
  const range: u64 = (<u64>-1 << first) & (<u64>-1 >> (63 - last));
  const plus: i32 = 1 << low;
  let buffer = bitBuffer;
  let count = bitCount;
  let at = bitsAt;
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
      const known = load<u64>(maskAt) & range;
      /** Coefficients of the range that the codes so far have passed over are out of it. */
      let left = range;
      let added: u64 = 0;
      while (ended == 0 && left != 0) {
        if (count <= 32) {
          buffer |= <u64>load<u32>(at) << (32 - count);
          at += 4;
          count += 32;
        }
        let entry = load<u32>(table + (<usize>(buffer >> (64 - LOOK)) << 2));
        // Entries with a whole coefficient also hold its run, and a coefficient of size 1 is one bit long.
        let value: i32 = 0;
        let run: u32 = 0;
        if (entry >= 0x10000) {
          value = <i32>entry >> 16;
          if (value != 1 && value != -1) return false;
          run = (entry >> 8) & 0xff;
          value *= plus;
          buffer <<= entry & 0xff;
          count -= entry & 0xff;
        } else {
          if (entry == 0) {
            entry = longCode(table, buffer);
            if (entry == 0) return false;
          }
          buffer <<= entry & 0xff;
          count -= entry & 0xff;
          run = entry >> 12;
          const size = (entry >> 8) & 15;
          if (size > 1) return false;
          if (size == 1) {
            value = buffer >> 63 ? plus : -plus;
            buffer <<= 1;
            count--;
          } else if (run < 15) {
            ended = 1 << run;
            if (run > 0) {
              ended += <u32>(buffer >> (64 - run));
              buffer <<= run;
              count -= run;
            }
            break;
          }
        }
        // Over `run` coefficients that are still 0, to the next that is; those between that are not get their next bit.
        let zeros = left & ~known;
        for (; run > 0 && zeros != 0; run--) zeros &= zeros - 1;
        const place = zeros & -zeros;
        let passed = left & known;
        if (place != 0) passed &= place - 1;
        for (; passed != 0; passed &= passed - 1) {
          if (count == 0) {
            buffer = <u64>load<u32>(at) << 32;
            at += 4;
            count = 32;
          }
          correct(block + load<u8>(zigzag + <usize>ctz(passed)), buffer, plus);
          buffer <<= 1;
          count--;
        }
        if (value != 0) {
          if (place == 0) return false;
          store<i16>(block + load<u8>(zigzag + <usize>ctz(place)), <i16>value);
          added |= place;
        }
        // All above the place; none where there is no place.
        left = place == 0 ? 0 : left & ~(place | (place - 1));
      }
      if (ended > 0) {
        for (let passed = left & known; passed != 0; passed &= passed - 1) {
          if (count == 0) {
            buffer = <u64>load<u32>(at) << 32;
            at += 4;
            count = 32;
          }
          correct(block + load<u8>(zigzag + <usize>ctz(passed)), buffer, plus);
          buffer <<= 1;
          count--;
        }
        ended--;
      }
      if (added != 0) store<u64>(maskAt, load<u64>(maskAt) | added);
      if (at > cleanEnd + 16) return false;
    }
  }
  saveBits(buffer, count, at);
  return true;
}

/** Adds to a coefficient, away from 0, where the next bit is set. What is known of it has bits above `plus` alone. */
@inline
function correct(coefficient: usize, buffer: u64, plus: i32): void {
  const value = <i32>load<i16>(coefficient);
  const sign = value >> 31;
  const set = -(<i32>(buffer >> 63));
  store<i16>(coefficient, <i16>(value + (((plus ^ sign) - sign) & set)));
}
