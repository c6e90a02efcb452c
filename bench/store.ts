// The hash -> score store beside a flat sorted file (10 bytes a record, binary search: static-ondisk-kv's layout) and
// plain LMDB (8-byte keys, 2-byte values), in one run: bytes an entry, build rate, look-ups per CPU-second.
// Run: npx tsc; node .build/bench/store.js [--large]        (--large: to 45.7 million entries, some minutes, 3 GB of disk)
import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { toFloat16Bits } from '../src/base/float16.ts';
import { buildStore } from '../src/store/build.ts';
import { openStore } from '../src/store/reader.ts';
import type { ScoreRows } from '../src/store/records.ts';

const LOOKUPS = 500_000;
const BATCH = 1000;
const FLAT_BYTES = 10;
/** Flat files and plain LMDB are built up to here only. */
const RIVALS_MAX = 10_000_000;
const LAION_ENTRIES = 5.85e9;
/** LAION's density with 1/128 of its hashes: as many as share their first 7 bits. */
const SHARED_BITS = 7;
const AT_LAION_DENSITY = Math.round(LAION_ENTRIES / 2 ** SHARED_BITS);

interface Rival {
  readonly name: string;
  readonly bytes: number;
  readonly single: (hash: bigint) => boolean;
  readonly batch?: (hashes: BigInt64Array) => Uint8Array;
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function randomHashes(count: number, sharedBits: number): BigInt64Array {
  const hashes = new BigInt64Array(count);
  const step = 2 ** 20;
  for (let from = 0; from < count; from += step) randomFillSync(hashes.subarray(from, from + step));
  if (sharedBits === 0) return hashes;
  const words = new Uint32Array(hashes.buffer);
  for (let i = 1; i < words.length; i += 2) words[i]! &= 2 ** (32 - sharedBits) - 1;
  return hashes;
}

async function* batches(hashes: BigInt64Array, scores: Float32Array): AsyncGenerator<ScoreRows> {
  const step = 65_536;
  for (let from = 0; from < hashes.length; from += step) {
    yield { hashes: hashes.subarray(from, from + step), columns: [scores.subarray(from, from + step)] };
  }
}

/** The least that random 64-bit keys with 16-bit values can take: log2 of the number of such sets, in bytes an entry. */
function floorBytes(count: number): number {
  return (64 - Math.log2(count) + Math.LOG2E + 16) / 8;
}

/** Writes the flat file: records of an int64 and a float16, sorted by the signed number, as static-ondisk-kv has them. */
function writeFlat(path: string, hashes: BigInt64Array, scores: Float32Array): void {
  const order = Uint32Array.from(hashes, (_, i) => i).sort((a, b) => (hashes[a]! < hashes[b]! ? -1 : 1));
  const halves = toFloat16Bits(scores);
  const bytes = Buffer.alloc(FLAT_BYTES * hashes.length);
  order.forEach((row, i) => {
    bytes.writeBigInt64LE(hashes[row]!, FLAT_BYTES * i);
    bytes.writeUInt16LE(halves[row]!, FLAT_BYTES * i + 8);
  });
  writeFileSync(path, bytes);
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

function flatRivals(path: string, count: number): { rivals: Rival[]; close: () => void } {
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

function writePlain(path: string, flatPath: string): RootDatabase<Buffer, Buffer> {
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

function measure(rival: Rival, hits: BigInt64Array, misses: BigInt64Array): number[] {
  return [hits, misses].flatMap((hashes) => {
    const expected = hashes === hits ? hashes.length : 0;
    let found = 0;
    const single = cpuSeconds(() => {
      for (const hash of hashes) if (rival.single(hash)) found++;
    });
    if (found !== expected) throw new Error(`${rival.name} found ${found} of ${expected}`);
    if (!rival.batch) return [hashes.length / single, Number.NaN];
    const batch = cpuSeconds(() => {
      for (let from = 0; from < hashes.length; from += BATCH)
        rival.batch!(hashes.subarray(from, from + BATCH));
    });
    return [hashes.length / single, hashes.length / batch];
  });
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(24) : cell.padStart(13))).join('');
}

const thousands = (rate: number): string => (Number.isNaN(rate) ? '-' : `${(rate / 1000).toFixed(0)}k`);

async function run(folder: string, count: number, sharedBits: number): Promise<void> {
  const hashes = randomHashes(count, sharedBits);
  const scores = Float32Array.from(hashes, (_, i) => (i % 640) / 64);
  const output = join(folder, `store-${count}`);
  const before = process.cpuUsage();
  const startedAtMs = performance.now();
  const { meta } = await buildStore({
    output,
    rows: batches(hashes, scores),
    columns: ['aesthetic'],
    precision: 'float16',
    memoryMb: 512,
  });
  const { user, system } = process.cpuUsage(before);
  const rate = count / ((user + system) / 1e6);
  const density = count * 2 ** sharedBits;
  console.log(
    `\n${count} entries${sharedBits > 0 ? ` that share their first ${sharedBits} bits` : ''}: built at ` +
      `${(rate / 1e6).toFixed(2)} M entries per CPU-second (${((performance.now() - startedAtMs) / 1000).toFixed(1)} s), ` +
      `floor ${floorBytes(density).toFixed(2)} bytes an entry, ${(meta.entries / meta.blocks).toFixed(1)} entries a block`,
  );
  const store = await openStore(output);
  const rivals: Rival[] = [
    {
      name: 'store',
      bytes: meta.dataBytes,
      single: (hash) => store.get(hash) !== undefined,
      batch: (wanted) => store.getMany(wanted).found,
    },
  ];
  const closers: (() => unknown)[] = [() => store.close()];
  if (count <= RIVALS_MAX) {
    const flatPath = join(folder, `flat-${count}`);
    writeFlat(flatPath, hashes, scores);
    const flat = flatRivals(flatPath, count);
    const plainPath = join(folder, `plain-${count}.mdb`);
    const plain = writePlain(plainPath, flatPath);
    const single = (hash: bigint): boolean => plain.getBinaryFast(plainKey(hash)) !== undefined;
    rivals.push(...flat.rivals, { name: 'plain LMDB', bytes: statSync(plainPath).size, single });
    closers.push(flat.close, () => plain.close());
  }
  const step = Math.max(1, Math.floor(count / LOOKUPS));
  const hits = hashes.filter((_, i) => i % step === 0).slice(0, LOOKUPS);
  const misses = randomHashes(LOOKUPS, sharedBits);
  console.log(
    line(['', 'bytes/entry', 'hits/CPU-s', 'in batches', 'misses/CPU-s', 'in batches', 'vs store']),
  );
  let own: number | undefined;
  for (const rival of rivals) {
    const [hit, hitBatch, miss, missBatch] = measure(rival, hits, misses) as [number, number, number, number];
    own ??= hit;
    console.log(
      line([
        rival.name,
        (rival.bytes / count).toFixed(2),
        ...[hit, hitBatch, miss, missBatch].map(thousands),
        `${(hit / own).toFixed(2)}x`,
      ]),
    );
  }
  for (const close of closers) await close();
  rmSync(output, { recursive: true });
}

const isLarge = process.argv.includes('--large');
const folder = await mkdtemp(join(tmpdir(), 'bowerbird-bench-store-'));
try {
  await run(folder, 1_000_000, 0);
  if (isLarge) {
    await run(folder, RIVALS_MAX, 0);
    await run(folder, AT_LAION_DENSITY, SHARED_BITS);
  }
} finally {
  rmSync(folder, { recursive: true });
}
