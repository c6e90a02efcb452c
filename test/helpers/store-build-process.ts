// Builds a store of random hashes, so that a test can end it in the middle. Arguments: folder, rows, score of all rows.
// Writes a line for each step of the build's progress.
import { setTimeout } from 'node:timers/promises';
import { buildStore } from '../../src/store/build.ts';
import { inBatches, randomHashes } from '../store/rows.ts';

const [output, count, score] = process.argv.slice(2);
const hashes = randomHashes(Number(count), 1);

async function* slowly<T>(batches: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const batch of batches) {
    yield batch;
    await setTimeout(5);
  }
}

await buildStore({
  output: output!,
  rows: slowly(inBatches({ hashes, columns: [new Float32Array(hashes.length).fill(Number(score))] })),
  columns: ['aesthetic'],
  precision: 'float16',
  memoryMb: 64,
  onProgress: ({ phase, rows }) => process.stdout.write(`${phase} ${rows}\n`),
});
process.stdout.write('published\n');
