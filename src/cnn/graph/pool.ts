import type { OperationGraph } from './operations.ts';

/** A max pool of 2 x 2 over pictures whose channels lie together. An odd last line or column has no part in it. */
export interface Pool {
  readonly batch: number;
  readonly sidePx: number;
  readonly channels: number;
}

export interface PoolPass {
  /** [batch, side / 2, side / 2, channels] */
  readonly output: string;
  /** The four values of each window, line by line, each in the shape of the output. */
  readonly corners: readonly string[];
}

/** @param picture [batch, side, side, channels] */
export function pool(graph: OperationGraph, { batch, sidePx, channels }: Pool, picture: string): PoolPass {
  const pooledPx = Math.floor(sidePx / 2);
  let even = picture;
  if (sidePx % 2 === 1) for (const axis of [1, 2]) even = graph.slice(even, axis, 0, sidePx - 1);
  const lines = graph.reshape(even, [batch, pooledPx, 2, pooledPx, 2 * channels]);
  const corners = [0, 1].flatMap((y) => {
    const line = graph.slice(lines, 2, y, y + 1);
    return [0, 1].map((x) =>
      graph.reshape(graph.slice(line, 4, x * channels, (x + 1) * channels), [
        ...[batch, pooledPx, pooledPx, channels],
      ]),
    );
  });
  return { corners, output: graph.node('Max', corners) };
}

/** The gradient of what went in: each delta goes to the first of its window that has the greatest value. */
export function poolGradient(
  graph: OperationGraph,
  { batch, sidePx, channels }: Pool,
  { corners, output }: PoolPass,
  delta: string,
): string {
  const pooledPx = Math.floor(sidePx / 2);
  const zero = graph.scalar(0);
  let left = delta;
  const deltas = corners.map((corner, i) => {
    if (i === corners.length - 1) return left;
    const isGreatest = graph.node('Equal', [corner, output]);
    const given = graph.node('Where', [isGreatest, left, zero]);
    left = graph.node('Where', [isGreatest, zero, left]);
    return graph.reshape(given, [batch, pooledPx, 1, pooledPx, channels]);
  });
  deltas[3] = graph.reshape(deltas[3]!, [batch, pooledPx, 1, pooledPx, channels]);
  const lines = [0, 2].map((at) => graph.concat(deltas.slice(at, at + 2), 4));
  const even = graph.reshape(graph.concat(lines, 2), [batch, 2 * pooledPx, 2 * pooledPx, channels]);
  const odd = sidePx % 2;
  return odd === 0 ? even : graph.pad(even, [0, 0, 0, 0], [0, odd, odd, 0]);
}
