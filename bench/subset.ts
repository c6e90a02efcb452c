// `bowerbird subset` beside SQL typed by hand into DuckDB, with the same threads and memory limit, in one run: CPU time,
// peak resident memory, bytes spilled; and beside pyarrow, where PYTHON has it. The rows must be the same.
// Run: npx tsc; node .build/bench/subset.js [--rows 20000000] [--cut 7] [--rounds 3] [--memory-mb 1024]
//   [--keep-data FOLDER] [--python PYTHON]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packageFolder } from '../src/base/package.ts';
import { DuckDBInstance } from '../src/tables/duckdb-library.ts';
import { median } from './support/median.ts';
import { childrenOf, cliScript, peakMemoryOf, runCommand } from './support/processes.ts';

const FILES = 8;
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
    // What a child of the benchmark itself does.
    hand: { type: 'string' },
    folder: { type: 'string' },
  },
});
const rows = Number(flags.rows);
const memoryMb = Number(flags['memory-mb']);
const cut = Number(flags.cut);

async function withDuckDb(spill: string, statements: readonly string[]): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(THREADS),
    memory_limit: `${memoryMb}MiB`,
    temp_directory: spill,
  });
  const connection = await instance.connect();
  let last: unknown[][] = [];
  for (const statement of statements)
    last = (await connection.runAndReadAll(statement)).getRowsJS() as unknown[][];
  connection.closeSync();
  instance.closeSync();
  return last;
}

/** Metadata in LAION's columns and tags in another order: 2% of hashes without a tag, 1% twice on either side. */
async function writeData(folder: string): Promise<void> {
  const perFile = rows / FILES;
  const int64 = (hash: string): string => `(${hash}::HUGEINT - 9223372036854775808)::BIGINT AS hash`;
  for (const name of ['metadata', 'tags']) mkdirSync(join(folder, name), { recursive: true });
  for (let file = 0; file < FILES; file++) {
    const range = `range(${file * perFile}, ${(file + 1) * perFile})`;
    const part = `part-${file}.parquet' (FORMAT parquet, COMPRESSION snappy)`;
    await withDuckDb(join(folder, 'spill'), [
      `COPY (SELECT 'https://cdn' || (h % 5000) || '.example.com/images/' || printf('%x', h >> 8) || '/photo-' || i || '.jpg' AS URL,
               'a picture of ' || printf('%x', h >> 16) || ' and ' || printf('%x', h >> 20) || ' by the sea' AS "TEXT",
               (100 + h % 1900)::INTEGER AS WIDTH, (100 + (h >> 12) % 1900)::INTEGER AS HEIGHT,
               'UNLIKELY' AS NSFW, (h % 1000) / 4000.0 + 0.28 AS similarity, ${int64('h')}
             FROM (SELECT i, hash(CASE WHEN i % 97 = 0 THEN i - 1 ELSE i END) AS h FROM ${range} r(i)))
       TO '${folder}/metadata/${part}`,
      `COPY (SELECT ${int64('h')}, (5 + 1.2 * sqrt(-2 * ln(((h >> 3) % 1000003 + 1) / 1000004.0))
               * cos(6.2831853 * ((h >> 7) % 999983) / 999983.0))::FLOAT AS prediction,
               pow(((h >> 11) % 10007) / 10007.0, 3)::FLOAT AS punsafe, (((h >> 17) % 10009) / 10009.0)::FLOAT AS pwatermark
             FROM (SELECT hash(CASE WHEN k % 83 = 0 THEN k + ${rows / 50} ELSE k + ${rows / 100} END) AS h
                   FROM (SELECT (j * 7919) % ${rows} AS k FROM ${range} r(j))))
       TO '${folder}/tags/${part}`,
    ]);
  }
}

const ORD = '((file_index::BIGINT << 40) | file_row_number)';

/** The first row of each hash. */
function handTags(folder: string): string {
  return `SELECT hash, arg_min(prediction, ord) AS prediction, arg_min(punsafe, ord) AS punsafe, arg_min(pwatermark, ord) AS pwatermark
    FROM (SELECT *, ${ORD} AS ord FROM '${folder}/tags/*.parquet') GROUP BY hash`;
}

/** What a person would type: the first tag row of each hash, joined, filtered, in input order. */
function handSql(folder: string, output: string): string[] {
  const tags = handTags(folder);
  return [
    `COPY (SELECT m.* EXCLUDE (ord), t.pwatermark, t.punsafe, t.prediction AS aesthetic
           FROM (SELECT *, ${ORD} AS ord FROM '${folder}/metadata/*.parquet') AS m JOIN (${tags}) AS t ON m.hash = t.hash
           WHERE t.prediction > ${cut} AND t.punsafe < 0.5 AND t.pwatermark < 0.8 ORDER BY m.ord)
     TO '${output}' (FORMAT parquet, COMPRESSION snappy)`,
  ];
}

/** The numbers that subset.json has, typed likewise. */
function handNumbersSql(folder: string): string[] {
  const twice = (name: string): string =>
    `SELECT count(*), sum(n - 1) FROM (SELECT count(*) AS n FROM '${folder}/${name}/*.parquet' GROUP BY hash HAVING n > 1)`;
  const tags = handTags(folder);
  return [
    twice('metadata'),
    twice('tags'),
    `SELECT t.hash IS NULL AS no_tag, prediction > ${cut} AS a, punsafe < 0.5 AS b, pwatermark < 0.8 AS c, count(*)
     FROM '${folder}/metadata/*.parquet' AS m LEFT JOIN (${tags}) AS t ON m.hash = t.hash GROUP BY ALL`,
  ];
}

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
  const [row] = await withDuckDb(spill, [
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
  const own = fileURLToPath(import.meta.url);
  const common = ['--folder', folder, '--memory-mb', String(memoryMb), '--cut', flags.cut];
  const hand = (what: string): string[] => [own, '--hand', what, ...common];
  const subset = [
    ...[cliScript, 'subset', '--metadata', `${folder}/metadata`, '--tags', `${folder}/tags`],
    ...['--min-aesthetic', flags.cut, '--max-punsafe', '0.5', '--max-pwatermark', '0.8'],
    ...['--output-folder', `${outputs}/subset`, '--threads', String(THREADS)],
    ...['--memory-mb', String(memoryMb), '--temporary-folder', spill],
  ];
  const command = process.execPath;
  const contestants: Contestant[] = [
    { name: 'subset', command, args: subset, outcome: 'subset/*.parquet' },
    { name: 'SQL, rows', command, args: hand('rows'), outcome: 'hand.parquet' },
    { name: 'SQL, rows and numbers', command, args: hand('numbers'), outcome: 'hand.parquet' },
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
    if (!existsSync(join(folder, 'tags'))) await writeData(folder);
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
  const ours = middle(results.get('subset')!, (run) => run.cpuSeconds);
  for (const [name, runs] of results) {
    const cpu = middle(runs, (run) => run.cpuSeconds);
    const wall = middle(runs, (run) => run.wallSeconds);
    const mib = (of: (run: Measured) => number): string =>
      (middle(runs, of) / 2 ** 20).toFixed(0).padStart(6);
    console.log(
      `${name.padEnd(24)} ${cpu.toFixed(1).padStart(6)} CPU-s  ${wall.toFixed(1).padStart(6)} s  ` +
        `peak ${mib((run) => run.peakBytes)} MiB  spilled ${mib((run) => run.spillBytes)} MiB  subset is ${(ours / cpu).toFixed(2)}x`,
    );
  }
}

if (flags.hand) {
  const folder = flags.folder!;
  const statements = handSql(folder, join(folder, 'outputs', 'hand.parquet'));
  const numbers = flags.hand === 'numbers' ? handNumbersSql(folder) : [];
  await withDuckDb(join(folder, 'spill'), [...statements, ...numbers]);
} else {
  await compare();
}
