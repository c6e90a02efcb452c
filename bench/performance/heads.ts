import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  assertSameScores,
  HEAD_SHAPES,
  type HeadShape,
  makeHead,
  ownTurn,
  torchTurn,
} from '../support/layered-heads.ts';
import type { Contest, PerformanceBench, Setting } from './bench.ts';

const ROWS = 8192;
const US_PER_SECOND = 1e6;
const GOAL = 1;

function titleOf({ name }: HeadShape): string {
  return `scores of ${ROWS} embeddings by a head, ${name}`;
}

async function contestOf(
  shape: HeadShape,
  folder: string,
  python: string,
  atEnd: Setting['atEnd'],
): Promise<Contest> {
  mkdirSync(folder);
  const { head, rows, startTorch } = await makeHead(folder, shape, ROWS);
  const torch = startTorch(python);
  atEnd(() => torch.stop());
  const score = () => ownTurn(async () => (await head.scoreMany(rows, ROWS)).scores);
  // Once before the clock starts: what is timed is compiled, and it is the same work.
  assertSameScores(shape.name, await score(), await torchTurn(torch, 'float32'));
  const perRow = ({ cpuSeconds }: { readonly cpuSeconds: number }): number =>
    (US_PER_SECOND * cpuSeconds) / ROWS;
  return {
    what: titleOf(shape),
    unit: 'CPU us a row',
    ours: async () => perRow(await score()),
    peer: {
      name: 'PyTorch, float32, one thread',
      theirs: async () => perRow(await torchTurn(torch, 'float32')),
    },
    goal: GOAL,
  };
}

/** Heads with several layers, beside PyTorch in float32. */
export const HEADS_BENCH: PerformanceBench = {
  name: 'heads',
  async prepare({ folder, python, atEnd }) {
    if (python?.versionOf('torch') === undefined)
      return HEAD_SHAPES.map((shape) => ({ what: titleOf(shape), missing: 'torch; give --python' }));
    const contests: Contest[] = [];
    for (const [i, shape] of HEAD_SHAPES.entries())
      contests.push(await contestOf(shape, join(folder, String(i)), python.command, atEnd));
    return contests;
  },
};
