import { join } from 'node:path';
import { remove } from '../base/files.ts';
import { outputKindOf } from '../base/output-kinds.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { type Answer, type SampleName, sampleId } from '../feedback/answer.ts';
import { openPosts } from '../posts/table.ts';
import { readNamedTexts } from '../tables/named-texts.ts';
import { DATASET_ROWS } from './dataset.ts';
import type { EvaluateOptions, EvaluateProgress } from './options.ts';

const MEMORY_LIMIT_MB = 512;

/** Whose samples are, by their names; undefined where it is not known. */
export type UserOf = (name: SampleName) => string | undefined;

/**
 * Tells whose samples are by a table, by the hash, else by the key; of several rows of a sample the first with a user counts.
 *
 * @throws as `readNamedTexts` and `openPosts`
 */
export async function usersByTable(
  names: readonly SampleName[],
  { users, hashColumn }: Pick<EvaluateOptions, 'users' | 'hashColumn'>,
  { signal, note, advance }: EvaluateProgress,
): Promise<UserOf> {
  const { path, column } = users!;
  const byHash = new Map<bigint, string | undefined>();
  const byKey = new Map<string, string | undefined>();
  for (const { hash, key } of names) {
    if (hash !== undefined) byHash.set(BigInt(hash), undefined);
    if (key !== undefined) byKey.set(key, undefined);
  }
  const take = <Name>(
    found: Map<Name, string | undefined>,
    name: Name | null | undefined,
    user: string,
  ): void => {
    if (name === null || name === undefined || !found.has(name)) return;
    found.set(name, found.get(name) ?? user);
  };
  const temporaryFolder = await makeTemporaryFolder('evaluate');
  let rows = 0;
  try {
    for (const file of await filesOf(path)) {
      const request = { path: file, column, hashColumn, onNote: note, flag: '--users' };
      for await (const { texts, hashes, keys } of readNamedTexts(request, {
        ...{ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder },
      })) {
        signal?.throwIfAborted();
        for (const [row, user] of texts.entries()) {
          if (user === null) continue;
          take(byHash, hashes?.[row], user);
          take(byKey, keys?.[row], user);
        }
        rows += texts.length;
        advance('reading users', rows, undefined, 'rows');
      }
    }
  } finally {
    await remove(temporaryFolder);
  }
  return ({ hash, key }) =>
    (hash === undefined ? undefined : byHash.get(BigInt(hash))) ??
    (key === undefined ? undefined : byKey.get(key));
}

/** Where rows with a user lie: of a table of posts its parts, of a dataset its rows. */
async function filesOf(path: string): Promise<readonly string[]> {
  const kind = outputKindOf(path);
  if (kind === 'a table of posts') return (await openPosts(path)).files.posts;
  return [kind === 'a dataset' ? join(path, DATASET_ROWS) : path];
}

/** Tells whose samples are by who their answers are of, as likes of posts have it; undefined where a sample has answers of several. */
export function usersByRater(answers: readonly Answer[]): UserOf | undefined {
  const found = new Map<string, string>();
  for (const answer of answers) {
    if (answer.mode === 'pair') continue;
    const id = sampleId(answer.sample);
    if ((found.get(id) ?? answer.rater) !== answer.rater) return undefined;
    found.set(id, answer.rater);
  }
  return (name) => found.get(sampleId(name));
}
