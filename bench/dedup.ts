// What it costs to drop duplicates: CPU time for each row and peak resident memory of `subset --dedup` by sha256 and by perceptual hash within 4 and 8 bits, beside the same
// subset without it, at 100,000 rows and at a million, in one run; and by embedding, of 512 dimensions, at 20,000 and at 200,000. A tenth of the rows are copies.
// Where time is linear, the ratio of the times is near 1.
// Run: npx tsc; node .build/bench/dedup.js [--rows 100000,1000000] [--embeddings 20000,200000]
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readDedup } from '../src/subset/dedup-options.ts';
import { runSubset } from '../src/subset/subset.ts';
import { hashSql } from '../src/tables/column-sql.ts';
import { DuckDBInstance } from '../src/tables/duckdb-library.ts';
import { makeEmbeddedRun } from './support/embedded-run.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

const WAYS = ['none', 'sha256', 'phash:4', 'phash:8'];
const EMBEDDING_WAYS = ['none', 'embedding:0.95'];

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000,1000000' },
    embeddings: { type: 'string', default: '20000,200000' },
    // What a child of the benchmark itself does.
    make: { type: 'string' },
    way: { type: 'string' },
  },
});

/** What a subset cost. */
interface Cost {
  readonly kept: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** Rows with hashes by chance; every tenth has the picture of the row before it, two bits changed, and its bytes. */
async function makeRows(path: string, rows: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const picture = 'i - (i % 10 = 9)::INT';
  const bits = `xor(hash(${picture}), CASE WHEN i % 10 = 9 THEN 5 ELSE 0 END::UBIGINT)`;
  await connection.run(
    `COPY (SELECT 'http://host/' || i AS URL, i AS id, (hash(i + ${rows}) % 1000)::FLOAT / 100 AS aesthetic,
             sha256((${picture})::VARCHAR) AS sha256, ${hashSql(bits, 'UBIGINT')} AS phash
           FROM range(${rows}) AS r(i)) TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
}

async function measure(path: string, way: string): Promise<Cost> {
  const before = process.cpuUsage();
  const { summary } = await runSubset({
    ...{ metadata: [path], tags: [], selections: [{ name: 'all', kind: 'all' }], missingTags: 'drop' },
    ...{ deduplicate: false, laionCompat: false, swapWidthHeight: false, skipBadFiles: false },
    ...{ compression: 'snappy', overwrite: false, threads: 2, memoryLimitMb: 1024, command: 'bench' },
    outputFolder: `${path}.${way.replace(':', '-')}`,
    dedup: readDedup(way),
  });
  const { user, system } = process.cpuUsage(before);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  return { kept: summary.subsets[0]!.kept, cpuSeconds: (user + system) / 1e6, peakMb };
}

function child(...args: string[]): string {
  return execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...args], { encoding: 'utf8' });
}

function tell(path: string, rows: number, ways: readonly string[]): void {
  for (const way of ways) {
    const { kept, cpuSeconds, peakMb } = JSON.parse(child('--make', path, '--way', way)) as Cost;
    const microseconds = ((1e6 * cpuSeconds) / rows).toFixed(2);
    console.log(`| ${rows} | ${way} | ${kept} | ${microseconds} | ${peakMb.toFixed(0)} |`);
  }
}

const countsIn = (list: string): number[] => list.split(',').filter(Boolean).map(Number);

async function compare(folder: string): Promise<void> {
  console.log('| rows | by | kept | CPU us a row | peak MB |');
  console.log('|---|---|---|---|---|');
  for (const rows of countsIn(flags.rows)) {
    const path = join(folder, `${rows}.parquet`);
    await makeRows(path, rows);
    tell(path, rows, WAYS);
  }
  for (const rows of countsIn(flags.embeddings)) {
    const path = join(folder, `run-${rows}`);
    await makeEmbeddedRun(path, rows);
    tell(path, rows, EMBEDDING_WAYS);
  }
}

if (flags.make === undefined) await inTemporaryFolder(compare);
else console.log(JSON.stringify(await measure(flags.make, flags.way!)));
