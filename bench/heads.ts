// Rows per CPU-second of heads with several layers, one thread: few rows by the kernel, many by onnxruntime's products, and PyTorch.
// Run: npm run bench:heads -- [--rows 8192] [--rounds 7] [--python PYTHON] (PYTHON has torch and numpy)
import { parseArgs } from 'node:util';
import {
  assertSameScores,
  COMPARED_ROWS,
  HEAD_SHAPES,
  type HeadShape,
  type HeadTurn,
  type MeasuredHead,
  makeHead,
  ownTurn,
  torchTurn,
} from './support/layered-heads.ts';
import type { LineProcess } from './support/line-process.ts';
import { spread } from './support/spread.ts';
import { table } from './support/table.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

/** What `scoreMany` is to be of torch's float32. */
const LEAST_OF_TORCH = 1;
/** Rows that `score` gets: it takes some 40 times as long for each. */
const FEW_ROWS = COMPARED_ROWS;

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '8192' },
    rounds: { type: 'string', default: '7' },
    python: { type: 'string' },
  },
});
const rowCount = Number(flags.rows);
const rounds = Number(flags.rounds);

interface Contestant {
  readonly rows: number;
  readonly turn: () => Promise<HeadTurn>;
}

function contestantsOf(
  { head, rows }: MeasuredHead,
  torch: LineProcess | undefined,
): Map<string, Contestant> {
  const some = rows.subarray(0, FEW_ROWS * head.dimension);
  const few = async (): Promise<Float64Array> =>
    head.scoreWithSpread?.(some, FEW_ROWS).scores ?? head.score(some, FEW_ROWS);
  const many = async (): Promise<Float64Array> => (await head.scoreMany(rows, rowCount)).scores;
  const contestants = new Map<string, Contestant>([
    ['score', { rows: FEW_ROWS, turn: () => ownTurn(few) }],
    ['scoreMany', { rows: rowCount, turn: () => ownTurn(many) }],
  ]);
  for (const dtype of torch ? (['float32', 'float64'] as const) : [])
    contestants.set(`torch ${dtype}`, { rows: rowCount, turn: () => torchTurn(torch!, dtype) });
  return contestants;
}

/** @throws Error where contestants come to other scores */
async function takeTurns(contestants: Map<string, Contestant>): Promise<Map<string, number[]>> {
  const rates = new Map([...contestants.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = -1; round < rounds; round++) {
    let first: HeadTurn | undefined;
    for (const [name, contestant] of contestants) {
      const turn = await contestant.turn();
      first ??= turn;
      assertSameScores(name, turn, first);
      // The first round brings everybody to their final speed.
      if (round >= 0) rates.get(name)!.push(contestant.rows / turn.cpuSeconds);
    }
  }
  return rates;
}

async function measure(folder: string, shape: HeadShape): Promise<string[][]> {
  const measured = await makeHead(folder, shape, rowCount);
  const torch = flags.python ? measured.startTorch(flags.python) : undefined;
  try {
    const rates = await takeTurns(contestantsOf(measured, torch));
    const single = rates.get('torch float32');
    return [...rates].map(([name, own]) => {
      const ratios = single && own.map((rate, i) => rate / single[i]!);
      const goal = name === 'scoreMany' && ratios ? `${LEAST_OF_TORCH}` : '';
      return [shape.name, name, spread(own, 0), ratios ? spread(ratios, 2) : '', goal];
    });
  } finally {
    await torch?.stop();
  }
}

await inTemporaryFolder(async (folder) => {
  const lines: string[][] = [];
  for (const shape of HEAD_SHAPES) lines.push(...(await measure(folder, shape)));
  console.log(
    `${rowCount} rows, one thread, rows per CPU-second; median of ${rounds} rounds (least to most)\n`,
  );
  console.log(table(['head', 'by', 'rows per CPU-second', 'to torch float32', 'goal'], lines));
});
