import { LIMITS } from '../limits.ts';
import { readVarint } from './protobuf.ts';

// https://github.com/google/leveldb/blob/main/doc/table_format.md
const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
const TRAILER_BYTES = 5;
/** Keys are paths of variables; each may repeat all of the one before, so that a short table can hold long ones. */
const MAX_KEY_BYTES = 4096;

interface Handle {
  readonly offset: number;
  readonly bytes: number;
  readonly end: number;
}

/**
 * The entries of a LevelDB table, the format of a checkpoint's index. TensorFlow never compresses it.
 *
 * @throws RangeError where the file is none, cut, compressed, or has more entries than a head's checkpoint
 */
export function readLevelTable(file: Buffer): Map<string, Buffer> {
  if (file.length < FOOTER_BYTES || file.readBigUInt64LE(file.length - 8) !== MAGIC) {
    throw new RangeError('its variables.index is no table of a checkpoint');
  }
  const footer = file.subarray(file.length - FOOTER_BYTES);
  const metaIndex = readHandle(footer, 0);
  const entries = new Map<string, Buffer>();
  for (const [, handle] of blockEntries(readBlock(file, readHandle(footer, metaIndex.end)))) {
    for (const [key, value] of blockEntries(readBlock(file, readHandle(handle, 0)))) {
      entries.set(key, value);
      if (entries.size > LIMITS.checkpointEntries)
        throw new RangeError(`its variables.index has more than ${LIMITS.checkpointEntries} entries`);
    }
  }
  return entries;
}

function readHandle(bytes: Buffer, start: number): Handle {
  const offset = readVarint(bytes, start);
  const size = readVarint(bytes, offset.end);
  return { offset: offset.value, bytes: size.value, end: size.end };
}

function readBlock(file: Buffer, { offset, bytes }: Handle): Buffer {
  const end = offset + bytes;
  if (offset < 0 || bytes < 4 || end + TRAILER_BYTES > file.length)
    throw new RangeError('its variables.index is cut');
  if (file[end] !== 0) throw new RangeError('its variables.index is compressed, which TensorFlow never does');
  return file.subarray(offset, end);
}

/** Each key shares its first bytes with the one before. The block ends with the places of keys that share nothing. */
function* blockEntries(block: Buffer): Generator<readonly [key: string, value: Buffer]> {
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - 4 * restarts;
  let key: Buffer = Buffer.alloc(0);
  for (let offset = 0; offset < end; ) {
    const shared = readVarint(block, offset);
    const unshared = readVarint(block, shared.end);
    const value = readVarint(block, unshared.end);
    const valueStart = value.end + unshared.value;
    const next = valueStart + value.value;
    const isPart = shared.value >= 0 && shared.value <= key.length && unshared.value >= 0 && value.value >= 0;
    if (!isPart || next > end || shared.value + unshared.value > MAX_KEY_BYTES) {
      throw new RangeError('its variables.index is damaged');
    }
    key = Buffer.concat([key.subarray(0, shared.value), block.subarray(value.end, valueStart)]);
    yield [key.toString('utf8'), block.subarray(valueStart, next)];
    offset = next;
  }
}
