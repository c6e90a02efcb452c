import { join } from 'node:path';
import { handSqlArguments } from '../support/hand-sql.ts';
import { cliScript, runScript } from '../support/processes.ts';
import { writeSubsetData } from '../support/subset-data.ts';
import type { PerformanceBench } from './bench.ts';

const ROWS = 2_000_000;
const FEW_ROWS = 8000;
const THREADS = 2;

/** What one types for the same answers: the table with its means, the mean of all, and the same quantiles. */
function handSql(folder: string): string[] {
  const tags = `'${folder}/tags/*.parquet'`;
  const shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
  return [
    `SELECT CASE WHEN prediction IS NULL THEN -3 WHEN isnan(prediction) THEN -2 WHEN prediction < 0 THEN -1
               ELSE least(10, floor(prediction))::INTEGER END AS bucket, count(*), avg(prediction::DOUBLE)
     FROM ${tags} GROUP BY bucket ORDER BY bucket`,
    `SELECT avg(prediction::DOUBLE), quantile_disc(prediction, [${shares.join(', ')}]) FROM ${tags} WHERE NOT isnan(prediction)`,
  ];
}

/** `bowerbird buckets` beside SQL typed by hand, net of what either takes for a few rows. */
export const BUCKETS_BENCH: PerformanceBench = {
  name: 'buckets',
  async prepare({ folder }) {
    const [all, few] = [join(folder, 'all'), join(folder, 'few')];
    await writeSubsetData(all, ROWS);
    await writeSubsetData(few, FEW_ROWS);
    const limits = { threads: THREADS, memoryMb: 1024, spill: join(folder, 'spill') };
    const net = async (run: (data: string) => Promise<{ readonly cpuSeconds: number }>): Promise<number> =>
      (await run(all)).cpuSeconds - (await run(few)).cpuSeconds;
    const threads = ['--threads', String(THREADS)];
    return [
      {
        what: 'buckets of 2 million rows, net of start',
        unit: 'CPU-s',
        ours: () => net((data) => runScript(cliScript, ['buckets', join(data, 'tags'), ...threads])),
        peer: {
          name: 'SQL typed into DuckDB',
          theirs: () =>
            net((data) => {
              const [script, ...rest] = handSqlArguments(limits, handSql(data));
              return runScript(script!, rest);
            }),
        },
        goal: 1.5,
      },
    ];
  },
};
