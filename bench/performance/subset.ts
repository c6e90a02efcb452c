import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { handSqlArguments } from '../support/hand-sql.ts';
import { cliScript, runScript } from '../support/processes.ts';
import { handRowsSql, writeSubsetData } from '../support/subset-data.ts';
import type { Contest, PerformanceBench } from './bench.ts';

const ROWS = 2_000_000;
const THREADS = 2;
const MEMORY_MB = 1024;
const GOAL = 1.15;
/** 3 % of the rows are above the first, three fifths above the second. */
const CUTS = [7, 0];

function contestOf(folder: string, cut: number): Contest {
  const limits = { threads: THREADS, memoryMb: MEMORY_MB, spill: join(folder, 'spill') };
  const output = join(folder, 'subset');
  const subset = [
    ...['subset', '--metadata', join(folder, 'metadata'), '--tags', join(folder, 'tags')],
    ...['--min-aesthetic', String(cut), '--max-punsafe', '0.5', '--max-pwatermark', '0.8'],
    ...['--output-folder', output, '--threads', String(THREADS), '--memory-mb', String(MEMORY_MB)],
  ];
  const [script, ...hand] = handSqlArguments(limits, handRowsSql(folder, join(folder, 'hand.parquet'), cut));
  return {
    what: `subset of 2 million rows, aesthetic above ${cut}, with its start`,
    unit: 'CPU-s',
    ours: async () => {
      rmSync(output, { recursive: true, force: true });
      return (await runScript(cliScript, subset)).cpuSeconds;
    },
    peer: {
      name: 'SQL typed into DuckDB, rows alone',
      theirs: async () => (await runScript(script!, hand)).cpuSeconds,
    },
    goal: GOAL,
  };
}

/** `bowerbird subset` beside the query for its rows alone, without what `subset.json` says of them. */
export const SUBSET_BENCH: PerformanceBench = {
  name: 'subset',
  async prepare({ folder }) {
    await writeSubsetData(folder, ROWS);
    return CUTS.map((cut) => contestOf(folder, cut));
  },
};
