// Publishes builds of one store, one after the other, in which every score is the number of the build.
// Arguments: folder, rows, first and last number, milliseconds between two. Writes a line before each build.
import { setTimeout } from 'node:timers/promises';
import { build, randomHashes } from '../store/rows.ts';

const [output, rows, first, last, pauseMs] = process.argv.slice(2);
const hashes = randomHashes(Number(rows), 1);
for (let version = Number(first); version <= Number(last); version++) {
  process.stdout.write(`${version}\n`);
  await build(output!, { hashes, columns: [new Float32Array(hashes.length).fill(version)] });
  await setTimeout(Number(pauseMs));
}
