import { WHAT_IF_EDGES, WhatIfCube } from '../../src/scores/what-if.ts';
import type { WhatIfThresholds } from '../../src/scores/what-if-count.ts';

/** A row of tags; null where it has none. */
export interface TagRow {
  readonly aesthetic: number | null;
  readonly punsafe: number | null;
  readonly pwatermark: number | null;
}

/** Numbers from 0 up to 1, always the same (mulberry32). */
export function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Float32 values that are hard to bin: on edges, one step beside them, rounded edges, zeros, outliers, none. */
function awkward(next: () => number, edges: readonly number[]): number | null {
  const edge = edges[Math.floor(next() * edges.length)]!;
  const rounded = Math.fround(edge);
  const step = 2 ** -24 * Math.max(1, rounded);
  const kinds = [
    rounded,
    Math.fround(rounded + step),
    Math.fround(rounded - step),
    Math.round(edge),
    -0,
    0,
    Number.NaN,
    null,
    -1.5,
    11.25,
    1e30,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  return kinds[Math.floor(next() * kinds.length)]!;
}

/** Float32 rows: most of them spread over the axes, a third of the values awkward. */
export function makeTagRows(count: number, seed: number): TagRow[] {
  const next = sequence(seed);
  const value = (axis: number, to: number): number | null =>
    next() < 1 / 3 ? awkward(next, WHAT_IF_EDGES[axis]!) : Math.fround(next() * to);
  return Array.from({ length: count }, () => ({
    aesthetic: value(0, 11),
    punsafe: value(1, 1.02),
    pwatermark: value(2, 1.02),
  }));
}

/** The cube of rows. */
export function cubeOf(rows: readonly TagRow[]): WhatIfCube {
  const cube = new WhatIfCube();
  const column = (name: keyof TagRow): Float32Array =>
    Float32Array.from(rows, (row) => row[name] ?? Number.NaN);
  cube.addRows(rows.length, {
    aesthetic: column('aesthetic'),
    punsafe: column('punsafe'),
    pwatermark: column('pwatermark'),
  });
  return cube;
}

/** Counts rows one by one, as the filter's rules read. */
export function bruteForce(rows: readonly TagRow[], thresholds: WhatIfThresholds): number {
  const { minAesthetic, maxPunsafe, maxPwatermark, missingTags } = thresholds;
  const passes = (
    value: number | null,
    threshold: number | null,
    isRight: (value: number) => boolean,
  ): boolean => {
    if (threshold === null) return true;
    return value === null || Number.isNaN(value) ? missingTags === 'keep' : isRight(value);
  };
  return rows.filter(
    ({ aesthetic, punsafe, pwatermark }) =>
      passes(aesthetic, minAesthetic, (value) => value > minAesthetic!) &&
      passes(punsafe, maxPunsafe, (value) => value < maxPunsafe!) &&
      passes(pwatermark, maxPwatermark, (value) => value < maxPwatermark!),
  ).length;
}

/** Thresholds on the grid, or anywhere; one in eight is not set. */
export function randomThresholds(next: () => number, isOnGrid: boolean): WhatIfThresholds {
  const threshold = (axis: number, from: number, to: number): number | null => {
    if (next() < 1 / 8) return null;
    const edges = WHAT_IF_EDGES[axis]!;
    return isOnGrid ? edges[Math.floor(next() * edges.length)]! : from + next() * (to - from);
  };
  return {
    minAesthetic: threshold(0, -1, 11),
    maxPunsafe: threshold(1, -0.1, 1.1),
    maxPwatermark: threshold(2, -0.1, 1.1),
    missingTags: next() < 0.5 ? 'keep' : 'drop',
  };
}
