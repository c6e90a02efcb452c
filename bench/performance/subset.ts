import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { handSqlArguments } from '../support/hand-sql.ts';
import { cliScript, runScript } from '../support/processes.ts';
import { handRowsSql, writeSubsetData } from '../support/subset-data.ts';
import type { Contest, PerformanceBench } from './bench.ts';

const ROWS = 2_000_000;
const FEW_ROWS = 8000;
const THREADS = 2;
const MEMORY_MB = 1024;
const GOAL = 1.15;
/** 3 % of the rows are above the first, three fifths above the second. */
const CUTS = [7, 0];

/** Subset and hand-typed query of the data in a folder; each gives its CPU seconds. */
function sidesOf(folder: string, cut: number): Record<'ours' | 'theirs', () => Promise<number>> {
  const limits = { threads: THREADS, memoryMb: MEMORY_MB, spill: join(folder, 'spill') };
  const output = join(folder, 'subset');
  const subset = [
    ...['subset', '--metadata', join(folder, 'metadata'), '--tags', join(folder, 'tags')],
    ...['--min-aesthetic', String(cut), '--max-punsafe', '0.5', '--max-pwatermark', '0.8'],
    ...['--output-folder', output, '--threads', String(THREADS), '--memory-mb', String(MEMORY_MB)],
  ];
  const [script, ...hand] = handSqlArguments(limits, handRowsSql(folder, join(folder, 'hand.parquet'), cut));
  return {
    ours: async () => {
      rmSync(output, { recursive: true, force: true });
      return (await runScript(cliScript, subset)).cpuSeconds;
    },
    theirs: async () => (await runScript(script!, hand)).cpuSeconds,
  };
}

/** A contest with the start of both, and one without: what is taken for a few rows. */
function contestsOf(folder: string, cut: number): Contest[] {
  const [all, few] = [sidesOf(join(folder, 'all'), cut), sidesOf(join(folder, 'few'), cut)];
  const what = `subset of 2 million rows, aesthetic above ${cut}`;
  const peer = 'SQL typed into DuckDB, rows alone';
  const common = { unit: 'CPU-s', goal: GOAL };
  return [
    { ...common, what, ours: all.ours, peer: { name: peer, theirs: all.theirs } },
    {
      ...common,
      what: `${what}, net of start`,
      ours: async () => (await all.ours()) - (await few.ours()),
      peer: { name: peer, theirs: async () => (await all.theirs()) - (await few.theirs()) },
    },
  ];
}

/** `bowerbird subset` beside the query for its rows alone, without what `subset.json` says of them. */
export const SUBSET_BENCH: PerformanceBench = {
  name: 'subset',
  async prepare({ folder }) {
    await writeSubsetData(join(folder, 'all'), ROWS);
    await writeSubsetData(join(folder, 'few'), FEW_ROWS);
    return CUTS.flatMap((cut) => contestsOf(folder, cut));
  },
};
