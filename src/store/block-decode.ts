import { entriesBefore, entriesIn, isWhole, partOf, scoreBits, uppersIn } from './block.ts';
import {
  BLOCK_HEADER_BYTES,
  type BlockLayout,
  fixedBytes,
  STRETCHES,
  startOfStretch,
  upperOfSlot,
} from './layout.ts';
import { orderedHalf, orderedSingle, recordWords, valueSetter } from './records.ts';

/**
 * Reads a whole block as records (records.ts), the way back from `encodeBlock`.
 *
 * @param slot the block's first slot
 * @returns the records in order; undefined where the bytes are no block
 */
export function decodeBlock(layout: BlockLayout, slot: number, block: Uint8Array): Uint32Array | undefined {
  if (!isWhole(layout, block)) return undefined;
  const count = entriesIn(block);
  const records = new Uint32Array(count * recordWords(layout.columnCount, layout.precision));
  if (!readUppers(layout, slot, block, records)) return undefined;
  addLows(layout, block, count, records);
  addValues(layout, block, count, records);
  return records;
}

/** Sets the hashes to the first u of their upper part. False where the unary code and the header disagree. */
function readUppers(layout: BlockLayout, slot: number, block: Uint8Array, records: Uint32Array): boolean {
  const { lowBits, columnCount, precision } = layout;
  const count = entriesIn(block);
  const words = recordWords(columnCount, precision);
  const base = upperOfSlot(layout, slot);
  const unaryAt = BLOCK_HEADER_BYTES + count * fixedBytes(layout);
  const uppers = uppersIn(block);
  const bits = count + uppers;
  const above = 2 ** Math.abs(lowBits - 32);
  let found = 0;
  let stretch = 1;
  for (let at = 0; at < bits; at++) {
    if (!(block[unaryAt + (at >>> 3)]! & (1 << (at & 7)))) continue;
    if (found === count || at === bits - 1) return false;
    while (stretch < STRETCHES && at - found >= startOfStretch(uppers, stretch))
      if (entriesBefore(block, stretch++) !== found) return false;
    const upper = base + at - found;
    const to = words * found++;
    if (lowBits >= 32) records[to + 1] = upper * above;
    else {
      records[to + 1] = Math.floor(upper / above);
      records[to] = (upper % above) * 2 ** lowBits;
    }
  }
  return found === count;
}

function addLows(layout: BlockLayout, block: Uint8Array, count: number, records: Uint32Array): void {
  const { lowBits, columnCount, precision } = layout;
  const words = recordWords(columnCount, precision);
  const planes = lowBits >>> 3;
  for (let plane = 0; plane < planes; plane++) {
    const from = BLOCK_HEADER_BYTES + plane * count;
    const half = plane < 4 ? 0 : 1;
    const shift = 8 * (plane & 3);
    for (let i = 0, at = half; i < count; i++, at += words) records[at]! |= block[from + i]! << shift;
  }
  if ((lowBits & 7) === 0) return;
  const half = planes < 4 ? 0 : 1;
  const shift = 8 * (planes & 3);
  for (let i = 0, at = half; i < count; i++, at += words)
    records[at]! |= partOf(layout, block, count, i) << shift;
}

function addValues(layout: BlockLayout, block: Uint8Array, count: number, records: Uint32Array): void {
  const { columnCount, precision } = layout;
  const words = recordWords(columnCount, precision);
  const ordered = precision === 'float16' ? orderedHalf : orderedSingle;
  const setValue = valueSetter(precision);
  for (let column = 0; column < columnCount; column++) {
    for (let i = 0; i < count; i++) {
      const bits = ordered(scoreBits(layout, block, column, i));
      setValue(records, i * words, column, bits);
    }
  }
}
