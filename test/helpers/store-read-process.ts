// Reads a store again and again until its standard input ends, as a reader in another process does while the store is
// written. Arguments: the store's folder, how many rows, how many of them (from the first) change on their own.
// Prints one JSON object: how many answers it got, how many were wrong or failed, and how many states it saw.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { openStore } from '../../src/store/reader.ts';
import { randomHashes } from '../store/rows.ts';

const [path, count, changing] = process.argv.slice(2) as [string, string, string];
const hashes = randomHashes(Number(count), 1);
const store = await openStore(path);
const seen = new Set<string>();
let answers = 0;
let wrong = 0;
let failed = 0;

/** The two groups of rows have one score each; an answer is wrong where a group has several, or misses one. */
function check(): void {
  const { found, columns } = store.getMany(hashes);
  const first = new Set(columns[0]!.subarray(0, Number(changing)));
  const rest = new Set(columns[0]!.subarray(Number(changing)));
  if (found.includes(0) || first.size !== 1 || rest.size !== 1) wrong++;
  else seen.add([...first, ...rest].join());
  const single = store.get(hashes[answers % hashes.length]!);
  if (typeof single?.aesthetic !== 'number') wrong++;
  answers++;
}

let isOver = false;
process.stdin.resume();
void once(process.stdin, 'end').then(() => {
  isOver = true;
});
process.stdout.write('reading\n');
while (!isOver) {
  try {
    check();
  } catch {
    failed++;
  }
  await setImmediate();
}
await store.close();
process.stdout.write(`${JSON.stringify({ answers, wrong, failed, states: seen.size })}\n`);
