// Writes a store of random hashes, so that a test can end it in the middle. Arguments: `build`, `add` or `compact`, the
// store's folder, how many rows, and the score of all of them. Writes a line for each step of the work's progress.
import { setTimeout } from 'node:timers/promises';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import { addToStore } from '../../src/store/add.ts';
import { type BuildProgress, buildStore, type RowInput } from '../../src/store/build.ts';
import { compactStore } from '../../src/store/compact.ts';
import { inBatches, randomHashes } from '../store/rows.ts';

const [mode, store, count, score] = process.argv.slice(2) as [string, string, string, string];

async function* slowly(batches: AsyncIterable<ScoreRows>): AsyncGenerator<ScoreRows> {
  for await (const batch of batches) {
    yield batch;
    await setTimeout(5);
  }
}

function input(): Pick<RowInput, 'rows' | 'memoryMb'> {
  const hashes = randomHashes(Number(count), 1);
  const columns = [new Float32Array(hashes.length).fill(Number(score))];
  return { rows: slowly(inBatches({ hashes, columns })), memoryMb: 64 };
}

const onProgress = ({ phase, rows }: BuildProgress): void => {
  process.stdout.write(`${phase} ${rows}\n`);
};

if (mode === 'build')
  await buildStore({ output: store, columns: ['aesthetic'], precision: 'float16', ...input(), onProgress });
else if (mode === 'add') await addToStore({ store, ...input(), onProgress });
else await compactStore({ store, onProgress });
process.stdout.write('published\n');
