// Rows per second of rescoring stored embeddings (float16, 768 dimensions) from the page cache: scores, norms and
// sums per bucket, with 1, 2 and 4 heads; the whole command with its tags; and numpy's loop, where python3 has numpy.
// Run: npm run build:tests; node .build/bench/rescore.js [--rows 200000] [--rounds 3]

import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  DIMENSION,
  FILES,
  measureScoring,
  type Rate,
  writeEmbeddings,
  writeHeads,
} from './support/embeddings.ts';
import { median } from './support/median.ts';
import { measureNumpy } from './support/numpy-loop.ts';
import { cliScript, runScript, type Usage } from './support/processes.ts';

const HEAD_COUNTS = [1, 2, 4];
const REPEATS = 3;
/** Rows of each file of the run that start-up is taken from. */
const FEW_ROWS = 500;

const { values: flags } = parseArgs({
  options: { rows: { type: 'string', default: '200000' }, rounds: { type: 'string', default: '3' } },
});
const rows = Number(flags.rows);
const rounds = Number(flags.rounds);
const threadCount = availableParallelism();
const scoringWork = { rowCount: FILES * Math.floor(rows / FILES), repeats: REPEATS, threadCount };

/** What the rows cost the whole command, beyond what it costs with few. */
async function measureCommand(folder: string, head: string, extra: readonly string[]): Promise<Rate> {
  const few = await runCommand(join(folder, 'few'), head, extra);
  const all = await runCommand(folder, head, extra);
  const more = rows - FEW_ROWS * FILES;
  return {
    perSecond: more / (all.wallSeconds - few.wallSeconds),
    perCpuSecond: more / (all.cpuSeconds - few.cpuSeconds),
  };
}

async function runCommand(folder: string, head: string, extra: readonly string[]): Promise<Usage> {
  const out = join(folder, 'out');
  await rm(out, { recursive: true, force: true });
  const args = ['score', folder, '--input-format', 'embeddings', '--aesthetic-head', head];
  return runScript(cliScript, [...args, '--output-folder', out, ...extra]);
}

function show(what: string, rates: readonly Rate[]): void {
  const millions = (values: readonly number[]): string => {
    const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => (value / 1e6).toFixed(2));
    return `${(median(values) / 1e6).toFixed(2)} M (${least} to ${most})`;
  };
  const perSecond = millions(rates.map((rate) => rate.perSecond));
  const perCpuSecond = millions(rates.map((rate) => rate.perCpuSecond));
  console.log(`${what.padEnd(44)} ${perSecond} rows/s, ${perCpuSecond} rows per CPU-second`);
}

const folder = await mkdtemp(join(tmpdir(), 'bowerbird-bench-rescore-'));
try {
  const paths = await writeEmbeddings(folder, Math.floor(rows / FILES));
  await writeEmbeddings(join(folder, 'few'), FEW_ROWS);
  const headPaths = await writeHeads(folder, Math.max(...HEAD_COUNTS));
  const results = new Map<string, Rate[]>();
  const note = (what: string, rate: Rate): void => {
    results.set(what, [...(results.get(what) ?? []), rate]);
  };
  let largest = 0;
  for (let round = 0; round < rounds; round++) {
    const numpy = measureNumpy('python3', join(folder, 'weights.npy'), paths, scoringWork);
    if (numpy) note('numpy loop, 1 head, scores alone', numpy.rate);
    for (const count of HEAD_COUNTS) {
      const { rate, first } = await measureScoring(paths, headPaths.slice(0, count), scoringWork);
      note(`scores, norms, sums: ${count} head${count > 1 ? 's' : ''}, ${threadCount} threads`, rate);
      for (const [row, exact] of (numpy?.exact ?? []).entries()) {
        largest = Math.max(largest, Math.abs(first.scores[0]![row]! - (exact + 3.5)));
      }
    }
    note(
      'rows of the whole command, 1 head, --scores-only',
      await measureCommand(folder, headPaths[0]!, ['--scores-only']),
    );
    note('rows of the whole command, 1 head', await measureCommand(folder, headPaths[0]!, []));
  }
  console.log(
    `${rows} rows of ${DIMENSION} float16 in ${FILES} files, ${threadCount} cores, medians of ${rounds} rounds`,
  );
  for (const [what, rates] of results) show(what, rates);
  if (results.has('numpy loop, 1 head, scores alone')) {
    console.log(
      `largest difference from numpy in float64, as float32 in the tags: ${largest.toExponential(2)}`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
