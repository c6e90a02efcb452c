// `bowerbird subset` beside SQL typed by hand into DuckDB, with the same threads and memory limit, in one run: CPU time,
// peak resident memory, bytes spilled; and beside pyarrow, where PYTHON has it. The rows must be the same.
// Run: npx tsc; node .build/bench/subset.js [--rows 20000000] [--cut 7] [--rounds 3] [--memory-mb 1024]
//   [--keep-data FOLDER] [--python PYTHON]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageFolder } from '../src/base/package.ts';
import { handSqlArguments, runHandSql } from './support/hand-sql.ts';
import { median } from './support/median.ts';
import { childrenOf, cliScript, peakMemoryOf, runCommand } from './support/processes.ts';
import { spread } from './support/spread.ts';
import { handNumbersSql, handRowsSql, writeSubsetData } from './support/subset-data.ts';

const THREADS = 2;
const LOOK_EVERY_MS = 100;
const PYARROW_SCRIPT = join(packageFolder, 'bench/support/pyarrow-subset.py');

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    cut: { type: 'string', default: '7' },
    rounds: { type: 'string', default: '1' },
    'memory-mb': { type: 'string', default: '1024' },
    'keep-data': { type: 'string' },
    python: { type: 'string', default: 'python3' },
  },
});
const rows = Number(flags.rows);
const memoryMb = Number(flags['memory-mb']);
const cut = Number(flags.cut);

interface Measured {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakBytes: number;
  readonly spillBytes: number;
}

async function measure(command: string, args: readonly string[], spill: string): Promise<Measured> {
  let peakBytes = 0;
  let spillBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, ...childrenOf(process.pid).map(peakMemoryOf));
    spillBytes = Math.max(spillBytes, bytesUnder(spill));
  }, LOOK_EVERY_MS);
  try {
    const { cpuSeconds, wallSeconds } = await runCommand(command, args);
    return { cpuSeconds, wallSeconds, peakBytes, spillBytes };
  } finally {
    clearInterval(timer);
  }
}

function bytesUnder(folder: string): number {
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    try {
      bytes += statSync(join(folder, name)).size;
    } catch {
      // Spill files go while they are listed.
    }
  }
  return bytes;
}

/** The number of rows and a sum of their hashes that does not depend on their order. */
async function checksum(pattern: string, spill: string): Promise<string> {
  const [row] = await runHandSql({ threads: THREADS, memoryMb, spill }, [
    `SELECT count(*), sum(hash(URL, "TEXT", WIDTH, HEIGHT, NSFW, similarity, hash, pwatermark, punsafe, aesthetic)::HUGEINT)::VARCHAR
     FROM '${pattern}'`,
  ]);
  return row!.join(' rows, checksum ');
}

/** A way to the same subset. */
interface Contestant {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The Parquet files that it writes, under the folder of outputs. */
  readonly outcome: string;
}

function contestantsOf(folder: string, outputs: string, spill: string): Contestant[] {
  const limits = { threads: THREADS, memoryMb, spill };
  const handRows = handRowsSql(folder, join(outputs, 'hand.parquet'), cut);
  const hand = (statements: readonly string[]): string[] => handSqlArguments(limits, statements);
  const subset = [
    ...[cliScript, 'subset', '--metadata', `${folder}/metadata`, '--tags', `${folder}/tags`],
    ...['--min-aesthetic', flags.cut, '--max-punsafe', '0.5', '--max-pwatermark', '0.8'],
    ...['--output-folder', `${outputs}/subset`, '--threads', String(THREADS)],
    ...['--memory-mb', String(memoryMb), '--temporary-folder', spill],
  ];
  const command = process.execPath;
  const contestants: Contestant[] = [
    { name: 'subset', command, args: subset, outcome: 'subset/*.parquet' },
    { name: 'SQL, rows', command, args: hand(handRows), outcome: 'hand.parquet' },
    {
      name: 'SQL, rows and numbers',
      command,
      args: hand([...handRows, ...handNumbersSql(folder, cut)]),
      outcome: 'hand.parquet',
    },
  ];
  if (spawnSync(flags.python, ['-c', 'import pyarrow']).status === 0) {
    const args = [PYARROW_SCRIPT, folder, `${outputs}/pyarrow.parquet`, String(THREADS), flags.cut];
    contestants.push({ name: 'pyarrow, rows', command: flags.python, args, outcome: 'pyarrow.parquet' });
  } else {
    console.log(`pyarrow is left out: ${flags.python} does not have it`);
  }
  return contestants;
}

/** Each contestant once. One that fails is told; only `subset` may not. */
async function runRound(
  contestants: readonly Contestant[],
  results: Map<string, Measured[]>,
  outputs: string,
  spill: string,
): Promise<void> {
  let ours = '';
  for (const { name, command, args, outcome } of contestants) {
    try {
      const measured = await measure(command, args, spill);
      const sum = await checksum(`${outputs}/${outcome}`, spill);
      ours ||= sum;
      if (sum !== ours) throw new Error(`the rows differ: ${sum} instead of ${ours}`);
      results.set(name, [...(results.get(name) ?? []), measured]);
    } catch (thrown) {
      if (ours === '') throw thrown;
      const { message } = thrown as Error;
      console.log(`${name} failed: ${/(Out of Memory|the rows differ).*/.exec(message)?.[0] ?? message}`);
    }
  }
  console.log(`${ours} from all that finished`);
}

async function compare(): Promise<void> {
  const folder = flags['keep-data'] ?? (await mkdtemp(join(tmpdir(), 'bowerbird-bench-subset-')));
  const outputs = join(folder, 'outputs');
  const spill = join(folder, 'spill');
  try {
    if (!existsSync(join(folder, 'tags'))) await writeSubsetData(folder, rows);
    const contestants = contestantsOf(folder, outputs, spill);
    const results = new Map<string, Measured[]>();
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const fresh of [outputs, spill]) {
        rmSync(fresh, { recursive: true, force: true });
        mkdirSync(fresh);
      }
      await runRound(contestants, results, outputs, spill);
    }
    print(results);
  } finally {
    rmSync(outputs, { recursive: true, force: true });
    rmSync(spill, { recursive: true, force: true });
    if (!flags['keep-data']) rmSync(folder, { recursive: true, force: true });
  }
}

function print(results: ReadonlyMap<string, readonly Measured[]>): void {
  console.log(
    `\n${rows} rows of metadata, as many tags; ${THREADS} threads, memory limit ${memoryMb} MiB, aesthetic > ${cut}`,
  );
  const middle = (runs: readonly Measured[], of: (run: Measured) => number): number => median(runs.map(of));
  const ours = results.get('subset')!;
  for (const [name, runs] of results) {
    const cpu = middle(runs, (run) => run.cpuSeconds);
    const wall = middle(runs, (run) => run.wallSeconds);
    const mib = (of: (run: Measured) => number): string =>
      (middle(runs, of) / 2 ** 20).toFixed(0).padStart(6);
    console.log(
      `${name.padEnd(24)} ${cpu.toFixed(1).padStart(6)} CPU-s  ${wall.toFixed(1).padStart(6)} s  ` +
        `peak ${mib((run) => run.peakBytes)} MiB  spilled ${mib((run) => run.spillBytes)} MiB  subset is ${spread(
          runs.map((run, round) => ours[round]!.cpuSeconds / run.cpuSeconds),
          2,
        )} of its CPU time`,
    );
  }
}

await compare();
