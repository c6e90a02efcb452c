// Writes a store of random hashes, so that a test can end it in the middle. Arguments: `build`, `add` or `compact`, the
// store's folder, how many rows, and the score of all of them. Writes a line for each step of the work's progress.
import { setTimeout } from 'node:timers/promises';
import { type WriteMode, writeStore } from '../store/write-store.ts';

const [mode, path, rows, score] = process.argv.slice(2) as [WriteMode, string, string, string];
const work = { mode, path, rows: Number(rows), score: Number(score) };
await writeStore(work, {
  onProgress: ({ phase, rows: done }) => process.stdout.write(`${phase} ${done}\n`),
  betweenBatches: () => setTimeout(5),
});
process.stdout.write('published\n');
