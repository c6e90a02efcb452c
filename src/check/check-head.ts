import { loadHead } from '../heads/load.ts';
import type { HeadCheck } from './head-check.ts';
import { unitRows } from './rows.ts';

const EMBEDDINGS = 64;

/**
 * Loads a head and scores seeded unit embeddings with it. They point anywhere, so their scores say whether it works, not
 * what it gives for pictures.
 *
 * @throws HeadError as `loadHead`
 */
export async function checkHead(path: string): Promise<HeadCheck> {
  const head = await loadHead(path, {});
  const { name, digest, dimension, encoder, layout } = head;
  const scores = [...head.score(seededEmbeddings(dimension), EMBEDDINGS)];
  const least = Math.min(...scores);
  const greatest = Math.max(...scores);
  const problems = [
    ...(scores.every(Number.isFinite) ? [] : ['It gives scores that are not finite.']),
    ...(least === greatest ? ['Different embeddings have the same score.'] : []),
  ];
  return {
    ...{ name, digest, dimension, problems },
    encoder: encoder?.name ?? encoder?.digest ?? null,
    layout: layout ?? null,
    scores: { least, greatest },
  };
}

/** Numerical Recipes' linear congruential generator; its high half is random enough. */
function seededEmbeddings(dimension: number): Float32Array {
  let state = 1;
  const values = Float32Array.from({ length: EMBEDDINGS * dimension }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 16) / 32_768 - 1;
  });
  return unitRows({ values, width: dimension }).values;
}
