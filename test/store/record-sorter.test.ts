import test from 'ava';
import { RecordSorter } from '../../src/store/record-sorter.ts';
import { packRecords } from '../../src/store/records.ts';
import { makeFolder, randomHashes, randomWords } from './rows.ts';

const WORDS = 3;

/** Sorts by the sorter and gives [hash + 2^63, score] pairs. */
async function sortAll(
  folder: string,
  memoryBytes: number,
  hashes: BigInt64Array,
  scores: Float32Array,
): Promise<[bigint, number][]> {
  const sorter = new RecordSorter({ folder, words: WORDS, memoryBytes });
  const records = new Uint32Array(hashes.length * WORDS);
  sorter.add(records, packRecords({ hashes, columns: [scores] }, 'float32', records));
  sorter.density();
  const pairs: [bigint, number][] = [];
  for (const { records: sorted, count } of sorter.sorted()) {
    for (let at = 0; at < count * WORDS; at += WORDS) {
      // All scores here are positive: their ordered bits are their bits with the sign set.
      const bits = Uint32Array.of(sorted[at + 2]! ^ 0x80000000);
      pairs.push([(BigInt(sorted[at + 1]!) << 32n) | BigInt(sorted[at]!), new Float32Array(bits.buffer)[0]!]);
    }
  }
  sorter.close();
  return pairs;
}

/** The same by a map and JavaScript's sort. */
function sortNaively(hashes: BigInt64Array, scores: Float32Array): [bigint, number][] {
  const best = new Map<bigint, number>();
  hashes.forEach((hash, i) => {
    const u = hash + 2n ** 63n;
    best.set(u, Math.max(best.get(u) ?? 0, scores[i]!));
  });
  return [...best].sort(([a], [b]) => (a < b ? -1 : 1));
}

function scoresFor(count: number): Float32Array {
  const next = randomWords(9);
  return Float32Array.from({ length: count }, () => next() / 2 ** 28);
}

test('spread hashes come out sorted, each once', async (t) => {
  const hashes = randomHashes(50_000, 21);
  hashes.copyWithin(40_000, 0, 5000);
  const scores = scoresFor(hashes.length);
  t.deepEqual(await sortAll(await makeFolder(t), 2 ** 24, hashes, scores), sortNaively(hashes, scores));
});

test('parts that do not fit into the memory are split again, as often as it takes', async (t) => {
  const spread = randomHashes(6000, 22);
  // The low 60, 40, 20 and 8 bits of a hash under a common head: parts of parts of parts.
  const hashes = spread.map((hash, i) => hash & (2n ** [60n, 40n, 20n, 8n][i % 4]! - 1n));
  const scores = scoresFor(hashes.length);
  // Room for about 180 records.
  t.deepEqual(await sortAll(await makeFolder(t), 10_000, hashes, scores), sortNaively(hashes, scores));
});

test('more rows of one hash than the memory holds leave the greatest', async (t) => {
  const hashes = new BigInt64Array(3000).fill(-77n);
  hashes[1500] = -76n;
  const scores = scoresFor(hashes.length);
  t.deepEqual(await sortAll(await makeFolder(t), 10_000, hashes, scores), sortNaively(hashes, scores));
});
