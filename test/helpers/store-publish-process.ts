// Publishes builds of one store, one after the other, in which every score is the number of the build.
// Arguments: folder, rows, first and last number. Writes the number of each build as a line, and waits for a line on its
// standard input before it begins.
import { createInterface } from 'node:readline';
import { build, randomHashes } from '../store/rows.ts';

const [output, rows, first, last] = process.argv.slice(2);
const hashes = randomHashes(Number(rows), 1);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
for (let version = Number(first); version <= Number(last); version++) {
  process.stdout.write(`${version}\n`);
  await answers.next();
  await build(output!, { hashes, columns: [new Float32Array(hashes.length).fill(version)] });
}
process.exit();
