// Writes docs/performance.md: each bench's contests, measured in turns with their spread, beside their goals.
// Run: npm run build:tests; npm run bench:performance -- [--python FOLDER] [--only buckets,subset] [--most-rounds 21]
//   [--output FILE]
// --python: a virtual environment with bench/requirements.txt. --only: some benches; their table goes to stdout alone.
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageFolder } from '../src/base/package.ts';
import type { Contest, PerformanceBench } from './performance/bench.ts';
import { BENCHES } from './performance/benches.ts';
import {
  describeMachine,
  describePerformance,
  judgedFigures,
  type Row,
  rowsTable,
} from './performance/document.ts';
import { duckdbVersion } from './support/hand-sql.ts';
import { median } from './support/median.ts';
import { runCommand } from './support/processes.ts';
import { PythonPeers } from './support/python-peers.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';
import { type RoundLimits, takeTurns } from './support/turns.ts';

const WIDTH = 0.05;
const LEAST_ROUNDS = 6;

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string' },
    only: { type: 'string' },
    'most-rounds': { type: 'string', default: '21' },
    output: { type: 'string', default: join(packageFolder, 'docs/performance.md') },
  },
});

function chosenBenches(): readonly PerformanceBench[] {
  const names = flags.only?.split(',');
  const unknown = names?.find((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no bench ${unknown}, only ${BENCHES.map(({ name }) => name).join(', ')}.`);
  return BENCHES.filter(({ name }) => names?.includes(name) ?? true);
}

async function measure(contest: Contest, limits: RoundLimits): Promise<Row> {
  const sides = [contest.ours, ...(contest.peer ? [contest.peer.theirs] : [])];
  const watched = ([ours, theirs]: readonly number[]): number[] =>
    judgedFigures({ ours: [ours!], theirs: theirs === undefined ? [] : [theirs] });
  const [ours, theirs = []] = await takeTurns(sides, watched, limits);
  return { contest, ours: ours!, theirs };
}

/** The rows of a bench. One that fails is told in its row, and does not stop the others. */
async function rowsOf(bench: PerformanceBench, python: PythonPeers | undefined): Promise<Row[]> {
  const most = Number(flags['most-rounds']);
  const limits = { width: WIDTH, leastRounds: Math.min(LEAST_ROUNDS, most), mostRounds: most };
  const rows: Row[] = [];
  const stops: (() => Promise<void>)[] = [];
  const atEnd = (stop: () => Promise<void>): void => {
    stops.push(stop);
  };
  try {
    await inTemporaryFolder(async (folder) => {
      for (const contest of await bench.prepare({ folder, python, atEnd })) {
        process.stderr.write(`${bench.name}: ${contest.what} ...\n`);
        rows.push('missing' in contest ? contest : await measure(contest, limits));
      }
    });
  } catch (thrown) {
    process.exitCode = 1;
    const [reason] = (thrown as Error).message.split('\n');
    rows.push({ what: bench.name, missing: `it failed: ${reason}` });
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
  return rows;
}

const NODE_STARTS = 7;

/** Of a Node that does nothing. */
async function nodeCpuSeconds(): Promise<number> {
  const starts: number[] = [];
  for (let i = 0; i < NODE_STARTS; i++)
    starts.push((await runCommand(process.execPath, ['-e', '0'])).cpuSeconds);
  return median(starts);
}

const loadBefore = loadavg()[0]!;
const python = flags.python === undefined ? undefined : new PythonPeers(flags.python);
const rows: Row[] = [];
for (const bench of chosenBenches()) rows.push(...(await rowsOf(bench, python)));
process.stdout.write(`${rowsTable(rows)}\n`);
if (flags.only === undefined) {
  const peers = [`DuckDB ${await duckdbVersion()}`, ...(python?.versions() ?? [])];
  const machine = describeMachine(loadBefore, await nodeCpuSeconds(), peers);
  writeFileSync(flags.output, describePerformance(rows, machine));
}
