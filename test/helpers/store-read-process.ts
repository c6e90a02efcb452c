// Reads a store again and again until its standard input ends, as a reader in another process does while the store is
// written. Arguments: the store's folder, how many rows, how many of them (from the first) change on their own.
// Prints each state when it first sees it, the scores of the two groups; then one JSON object: how many answers it got,
// and how many were wrong or failed.
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { openStore } from '../../src/store/reader.ts';
import { randomHashes } from '../store/rows.ts';

const [path, count, changing] = process.argv.slice(2) as [string, string, string];
const hashes = randomHashes(Number(count), 1);
const store = await openStore(path);
const seen = new Set<string>();
let answers = 0;
let wrong = 0;
let failed = 0;

function see(state: string): void {
  if (seen.has(state)) return;
  seen.add(state);
  process.stdout.write(`${state}\n`);
}

/** The two groups of rows have one score each; an answer is wrong where a group has several, or misses one. */
function check(): void {
  const { found, columns } = store.getMany(hashes);
  const first = new Set(columns[0]!.subarray(0, Number(changing)));
  const rest = new Set(columns[0]!.subarray(Number(changing)));
  if (found.includes(0) || first.size !== 1 || rest.size !== 1) wrong++;
  else see([...first, ...rest].join());
  const single = store.get(hashes[answers % hashes.length]!);
  if (typeof single?.aesthetic !== 'number') wrong++;
  answers++;
}

let isOver = false;
process.stdin.resume();
void once(process.stdin, 'end').then(() => {
  isOver = true;
});
while (!isOver) {
  try {
    check();
  } catch {
    failed++;
  }
  // Leaves the writer room, and what closes standard input.
  await setTimeout(20);
}
await store.close();
process.stdout.write(`${JSON.stringify({ answers, wrong, failed })}\n`);
