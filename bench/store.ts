// The hash -> score store beside a flat sorted file (10 bytes a record, binary search: static-ondisk-kv's layout) and
// plain LMDB (8-byte keys, 2-byte values), in one run: bytes an entry, build rate, look-ups per CPU-second, pages that cold
// look-ups read. Run: npx tsc; node .build/bench/store.js [--large] [--static-ondisk-kv CHECKOUT]
// --large: to 50 million entries, some minutes, 4 GB of disk. --static-ondisk-kv: the Python library itself as well.

import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScoreRows } from '../src/samples/score-rows.ts';
import { buildStore } from '../src/store/build.ts';
import type { ReadOptions } from '../src/store/part.ts';
import { openStore, type Store } from '../src/store/reader.ts';
import { median } from './support/median.ts';
import {
  FLAT_BYTES,
  flatRivals,
  plainRival,
  type Rival,
  timeStaticOndiskKv,
  writeFlat,
} from './support/store-rivals.ts';

const LOOKUPS = 200_000;
const BATCH = 1000;
const ROUNDS = 3;
/** Plain LMDB and flat files in memory are built up to here only. */
const RIVALS_MAX = 10_000_000;
/** Look-ups whose pages are counted in a file that no page of is in memory. */
const COLD_LOOKUPS = 5000;
const LAION_ENTRIES = 5.85e9;
/** Of an entry in the file that a build sorts through: two words of hash, one of scores. */
const TEMPORARY_BYTES = 12;
/** LAION's density with 1/128 of its hashes: as many as share their first 7 bits. */
const SHARED_BITS = 7;
const AT_LAION_DENSITY = Math.round(LAION_ENTRIES / 2 ** SHARED_BITS);

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

function measure(rival: Rival, hits: BigInt64Array, misses: BigInt64Array): number[] {
  return [hits, misses].flatMap((hashes) => {
    const expected = hashes === hits ? hashes.length : 0;
    // Once before the clock starts: what is timed is compiled, and its pages are mapped.
    for (const hash of hashes) rival.single(hash);
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

/** Builds a store, says how, and gives its size in bytes. */
async function buildAndTell(output: string, hashes: BigInt64Array, sharedBits: number): Promise<number> {
  const count = hashes.length;
  const scores = Float32Array.from(hashes, (_, i) => (i % 640) / 64);
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
  console.log(
    `\n${count} entries${sharedBits > 0 ? ` that share their first ${sharedBits} bits` : ''}: built at ` +
      `${(rate / 1e6).toFixed(2)} M entries per CPU-second (${((performance.now() - startedAtMs) / 1000).toFixed(1)} s), ` +
      `floor ${floorBytes(count * 2 ** sharedBits).toFixed(2)} bytes an entry, ` +
      `${(meta.entries / meta.blocks).toFixed(1)} entries a block`,
  );
  if (sharedBits > 0) extrapolate(meta.dataBytes / meta.entries, rate);
  return meta.dataBytes;
}

interface ColdReader {
  /** Of the data file, for each look-up; NaN where the system does not say. */
  readonly pages: number;
  readonly milliseconds: number;
  readonly anonymousMib: number | null;
}

/** Drops the data file from memory, has another process look some hashes up, and counts the pages that came in. */
async function readCold(output: string, hits: BigInt64Array, checkPages: boolean): Promise<ColdReader> {
  const store = await openStore(output);
  await store.close();
  const path = join(store.versionPath, 'blocks.mdb');
  spawnSync('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0']);
  const resident = (): number =>
    Number.parseInt(spawnSync('fincore', ['-n', '-o', 'PAGES', path], { encoding: 'utf8' }).stdout, 10);
  const isCold = resident() === 0;
  const step = Math.floor(hits.length / COLD_LOOKUPS);
  const asked = hits.filter((_, i) => i % step === 0).slice(0, COLD_LOOKUPS);
  const keys = join(output, '..', 'asked');
  writeFileSync(keys, new Uint8Array(asked.buffer, asked.byteOffset, asked.byteLength));
  const reader = fileURLToPath(new URL('store-reader-process.js', import.meta.url));
  const { stdout } = spawnSync(process.execPath, [reader, output, keys, String(checkPages)], {
    encoding: 'utf8',
  });
  return {
    pages: isCold ? resident() / asked.length : Number.NaN,
    ...(JSON.parse(stdout) as Pick<ColdReader, 'milliseconds' | 'anonymousMib'>),
  };
}

/** What all of LAION-5B would take, by what a part of its density took. */
function extrapolate(bytesPerEntry: number, entriesPerCpuSecond: number): void {
  const gigabytes = (bytes: number): string => `${((bytes * LAION_ENTRIES) / 1e9).toFixed(1)} GB`;
  console.log(
    `for ${LAION_ENTRIES} entries: ${gigabytes(bytesPerEntry)}, ${(LAION_ENTRIES / entriesPerCpuSecond / 60).toFixed(0)} ` +
      `CPU-minutes from rows in memory, a temporary file of ${gigabytes(TEMPORARY_BYTES)}`,
  );
}

function tell(name: string, bytesPerEntry: number, rates: readonly number[], own: number): void {
  const cells = [bytesPerEntry.toFixed(2), ...rates.map(thousands), `${(rates[0]! / own).toFixed(2)}x`];
  console.log(line([name, ...cells]));
}

/** What takes part, and its look-ups per CPU-second: hits one by one, in batches, misses one by one, in batches. */
interface Contestant {
  readonly name: string;
  readonly bytesPerEntry: number;
  readonly rates: () => readonly number[];
}

async function run(folder: string, count: number, sharedBits: number): Promise<void> {
  const hashes = randomHashes(count, sharedBits);
  const output = join(folder, `store-${count}`);
  const bytes = await buildAndTell(output, hashes, sharedBits);
  const step = Math.max(1, Math.floor(count / LOOKUPS));
  const hits = hashes.filter((_, i) => i % step === 0).slice(0, LOOKUPS);
  const misses = randomHashes(LOOKUPS, sharedBits);
  const store = await openStore(output);
  const unchecked = await openStore(output, { checkPages: false });
  const own = (name: string, open: Store): Contestant =>
    contestant(
      {
        name,
        bytes,
        single: (hash) => open.get(hash) !== undefined,
        batch: (wanted) => open.getMany(wanted).found,
      },
      count,
      hits,
      misses,
    );
  const { contestants, close } = openRivals(folder, hashes, hits, misses);
  compete([own('store', store), own('without page checks', unchecked), ...contestants]);
  await close();
  await Promise.all([store.close(), unchecked.close()]);
  for (const checkPages of [true, false]) {
    const words = checkPages ? 'with page checks' : 'without page checks';
    const firstUs = median(await firstTouches(output, hits, { checkPages }));
    const { pages, milliseconds, anonymousMib } = await readCold(output, hits, checkPages);
    console.log(
      `${words}: first touch ${firstUs.toFixed(2)} CPU-us a look-up; cold ${pages.toFixed(2)} pages and ` +
        `${(milliseconds / COLD_LOOKUPS).toFixed(3)} ms for each of ${COLD_LOOKUPS} look-ups, ` +
        `${anonymousMib} MiB of anonymous memory`,
    );
  }
  rmSync(output, { recursive: true });
}

/** CPU microseconds of a look-up by a reader that was just opened; the pages are in memory, and not yet checked. */
async function firstTouches(output: string, hits: BigInt64Array, options: ReadOptions): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const store = await openStore(output, options);
    times.push((1e6 * cpuSeconds(() => hits.forEach((hash) => void store.get(hash)))) / hits.length);
    await store.close();
  }
  return times;
}

function contestant(rival: Rival, count: number, hits: BigInt64Array, misses: BigInt64Array): Contestant {
  return {
    name: rival.name,
    bytesPerEntry: rival.bytes / count,
    rates: () => measure(rival, hits, misses),
  };
}

/** All take turns, so that a slow moment of the machine does not fall on one; prints medians. */
function compete(contestants: readonly Contestant[]): void {
  const rounds = Array.from({ length: ROUNDS }, () => contestants.map(({ rates }) => rates()));
  const medians = contestants.map((_, c) =>
    [0, 1, 2, 3].map((column) => median(rounds.map((round) => round[c]![column]!))),
  );
  console.log(
    line(['', 'bytes/entry', 'hits/CPU-s', 'in batches', 'misses/CPU-s', 'in batches', 'vs store']),
  );
  contestants.forEach(({ name, bytesPerEntry }, c) => {
    tell(name, bytesPerEntry, medians[c]!, medians[0]![0]!);
  });
}

function openRivals(
  folder: string,
  hashes: BigInt64Array,
  hits: BigInt64Array,
  misses: BigInt64Array,
): { contestants: Contestant[]; close: () => Promise<void> } {
  const library = argumentOf('--static-ondisk-kv');
  const count = hashes.length;
  const contestants: Contestant[] = [];
  if (count > RIVALS_MAX && library === undefined) return { contestants, close: async () => undefined };
  const flatPath = join(folder, `flat-${count}`);
  writeFlat(flatPath, hashes);
  if (library !== undefined) {
    const rates = (): number[] => {
      const place = { command: 'python3', folder: library };
      const [hit, miss] = [hits, misses].map((hashes) => timeStaticOndiskKv(place, flatPath, hashes)) as [
        number,
        number,
      ];
      return [hit, Number.NaN, miss, Number.NaN];
    };
    contestants.push({ name: 'static-ondisk-kv', bytesPerEntry: FLAT_BYTES, rates });
  }
  const closers: (() => unknown)[] = [() => rmSync(flatPath)];
  if (count <= RIVALS_MAX) {
    const flat = flatRivals(flatPath, count);
    const plain = plainRival(join(folder, `plain-${count}.mdb`), flatPath);
    for (const rival of [...flat.rivals, plain.rival])
      contestants.push(contestant(rival, count, hits, misses));
    closers.push(flat.close, plain.close);
  }
  return {
    contestants,
    close: async () => {
      for (const close of closers) await close();
    },
  };
}

function argumentOf(flag: string): string | undefined {
  const at = process.argv.indexOf(flag);
  return at < 0 ? undefined : process.argv[at + 1];
}

const isLarge = process.argv.includes('--large');
const folder = await mkdtemp(join(tmpdir(), 'bowerbird-bench-store-'));
try {
  await run(folder, 1_000_000, 0);
  if (isLarge) {
    await run(folder, RIVALS_MAX, 0);
    await run(folder, 50_000_000, 0);
    await run(folder, AT_LAION_DENSITY, SHARED_BITS);
  }
} finally {
  rmSync(folder, { recursive: true });
}
