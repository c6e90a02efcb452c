import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { open, type RootDatabase } from 'lmdb';

/** A record of a flat file: an int64 and a float16. */
export const FLAT_BYTES = 10;

/** Something that looks scores up. */
export interface Rival {
  readonly name: string;
  readonly bytes: number;
  readonly single: (hash: bigint) => boolean;
  readonly batch?: (hashes: BigInt64Array) => Uint8Array;
}

/** Some score, as float16: what is looked up is the key. */
const SCORE_BITS = 0x4500;
const WRITTEN_RECORDS = 1_000_000;

/** Writes the flat file: records of an int64 and a float16, sorted by the signed number, as static-ondisk-kv has them. */
export function writeFlat(path: string, hashes: BigInt64Array): void {
  const sorted = hashes.slice().sort();
  const file = openSync(path, 'w');
  for (let from = 0; from < sorted.length; from += WRITTEN_RECORDS) {
    const part = sorted.subarray(from, from + WRITTEN_RECORDS);
    const bytes = Buffer.alloc(FLAT_BYTES * part.length);
    part.forEach((hash, i) => {
      bytes.writeBigInt64LE(hash, FLAT_BYTES * i);
      bytes.writeUInt16LE(SCORE_BITS, FLAT_BYTES * i + 8);
    });
    writeSync(file, bytes);
  }
  closeSync(file);
}

function searchFlat(count: number, hash: bigint, keyAt: (record: number) => bigint): boolean {
  let low = 0;
  let high = count - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const key = keyAt(middle);
    if (key === hash) return true;
    if (key < hash) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

export function flatRivals(path: string, count: number): { rivals: Rival[]; close: () => void } {
  const memory = readFileSync(path);
  const file = openSync(path, 'r');
  const probe = Buffer.alloc(8);
  const fromDisk = (record: number): bigint => {
    readSync(file, probe, 0, 8, FLAT_BYTES * record);
    return probe.readBigInt64LE(0);
  };
  const inMemory = (record: number): bigint => memory.readBigInt64LE(FLAT_BYTES * record);
  const bytes = FLAT_BYTES * count;
  const rivals = [
    { name: 'flat file, read', bytes, single: (hash: bigint) => searchFlat(count, hash, fromDisk) },
    { name: 'flat file, in memory', bytes, single: (hash: bigint) => searchFlat(count, hash, inMemory) },
  ];
  return { rivals, close: () => closeSync(file) };
}

function writePlainFile(path: string, flatPath: string): RootDatabase<Buffer, Buffer> {
  const flat = readFileSync(flatPath);
  const database = open<Buffer, Buffer>({
    path,
    noSubdir: true,
    keyEncoding: 'binary',
    encoding: 'binary',
    noSync: true,
  });
  const step = 100_000 * FLAT_BYTES;
  for (let from = 0; from < flat.length; from += step) {
    database.transactionSync(() => {
      for (let at = from; at < Math.min(flat.length, from + step); at += FLAT_BYTES) {
        database.putSync(plainKey(flat.readBigInt64LE(at)), flat.subarray(at + 8, at + 10), { append: true });
      }
    });
  }
  return database;
}

const plainKeyBytes = Buffer.alloc(8);

function plainKey(hash: bigint): Buffer {
  plainKeyBytes.writeBigUInt64BE(BigInt.asUintN(64, hash + 2n ** 63n));
  return plainKeyBytes;
}

/** Plain LMDB: 8-byte keys in big-endian order, 2-byte values. */
export function plainRival(path: string, flatPath: string): { rival: Rival; close: () => Promise<void> } {
  const plain = writePlainFile(path, flatPath);
  const single = (hash: bigint): boolean => plain.getBinaryFast(plainKey(hash)) !== undefined;
  return { rival: { name: 'plain LMDB', bytes: statSync(path).size, single }, close: () => plain.close() };
}

/** Where the Python library lies. */
export interface PythonLibrary {
  /** The interpreter. */
  readonly command: string;
  /** The folder that holds `static_ondisk_kv`. */
  readonly folder: string;
}

/** Look-ups per CPU-second of the Python library on a flat file. */
export function timeStaticOndiskKv(
  { command, folder }: PythonLibrary,
  flatPath: string,
  hashes: BigInt64Array,
): number {
  const script = fileURLToPath(new URL('../../../bench/support/static-ondisk-kv.py', import.meta.url));
  const keys = `${flatPath}.keys`;
  writeFileSync(keys, new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength));
  const { status, stdout, stderr } = spawnSync(command, [script, folder, flatPath, keys], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`static-ondisk-kv: ${stderr}`);
  return Number(stdout);
}
