// Asks damaged stores for all that they may answer. Reads lines of JSON from standard input, {"path", "world"}, and
// writes one for each, {"right", "refused", "wrong", "raw"}: a damaged file can end a process.
import { createInterface } from 'node:readline';
import { BowerbirdError, messageOf } from '../../src/base/errors.ts';
import { openStore, type Store } from '../../src/store/reader.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { type Answers, answersOf, WORLDS, type World } from './worlds.ts';

/** Of each kind of question: how many answers were right, how many refused with a code; the first that was neither. */
interface Verdict {
  right: number;
  refused: number;
  wrong: string | undefined;
  raw: string | undefined;
  readonly verified: boolean;
}

const known = new Map<World, Answers>();

for await (const line of createInterface({ input: process.stdin })) {
  const { path, world } = JSON.parse(line) as { path: string; world: number };
  process.stdout.write(`${JSON.stringify(await judge(path, WORLDS[world]!))}\n`);
}

async function judge(path: string, world: World): Promise<Verdict> {
  const answers = known.get(world) ?? answersOf(world);
  known.set(world, answers);
  const verified = await verifyStore(path).then(
    () => true,
    () => false,
  );
  const verdict: Verdict = { right: 0, refused: 0, wrong: undefined, raw: undefined, verified };
  await attempt(verdict, () => verifyStore(path).then(() => undefined));
  for (const ask of [askOne, askMany, askAll]) {
    // Each from a fresh reader, for what was touched once is not checked again.
    await attempt(verdict, async () => {
      const store = await openStore(path);
      try {
        return await ask(store, answers, verdict);
      } finally {
        await store.close();
      }
    });
  }
  return verdict;
}

async function attempt(verdict: Verdict, work: () => Promise<string | undefined>): Promise<void> {
  try {
    const wrong = await work();
    if (wrong === undefined) verdict.right++;
    verdict.wrong ??= wrong;
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) verdict.refused++;
    else verdict.raw ??= `${messageOf(thrown)}\n${(thrown as Error).stack}`;
  }
}

/** Each hash by itself: a refusal does not end the questions. */
async function askOne(
  store: Store,
  { rows, misses }: Answers,
  verdict: Verdict,
): Promise<string | undefined> {
  const { columns } = store.meta;
  for (const [i, hash] of rows.hashes.entries()) {
    try {
      const scores = store.get(hash);
      if (!scores) return `${hash} is not found`;
      for (const [c, column] of columns.entries())
        if (scores[column] !== rows.columns[c]![i]) return `${hash} has ${column} ${scores[column]}`;
      verdict.right++;
    } catch (thrown) {
      if (!(thrown instanceof BowerbirdError)) throw thrown;
      verdict.refused++;
    }
  }
  for (const hash of misses) {
    try {
      if (store.get(hash)) return `${hash} is found`;
    } catch (thrown) {
      if (!(thrown instanceof BowerbirdError)) throw thrown;
    }
  }
  return undefined;
}

async function askMany(store: Store, { rows, misses }: Answers): Promise<string | undefined> {
  await store.prefetch(rows.hashes);
  const { found, columns } = store.getMany(rows.hashes);
  if (found.includes(0)) return 'a hash is not found among many';
  if (columns.some((column, c) => column.some((score, i) => score !== rows.columns[c]![i])))
    return 'a score among many is another';
  return store.getMany(misses).found.includes(1) ? 'a hash is found among many' : undefined;
}

async function askAll(store: Store, { rows }: Answers): Promise<string | undefined> {
  const places = new Map([...rows.hashes].map((hash, i) => [hash, i]));
  let entries = 0;
  for (const { hashes, columns } of store.entries()) {
    for (const [i, hash] of hashes.entries()) {
      const place = places.get(hash);
      if (place === undefined || columns.some((column, c) => column[i] !== rows.columns[c]![place]))
        return `the entry of ${hash} is another`;
    }
    entries += hashes.length;
  }
  return entries === rows.hashes.length ? undefined : `${entries} entries of ${rows.hashes.length}`;
}
