/**
 * Mutated Parquet, CSV, TSV, JSON Lines and JSON through planning and reading, and some of them through all of `score`:
 * `node .build/scripts/fuzz-inputs.js --count 2000 --seed 1 --score 40`. Each is refused with a code or read with all its
 * rows; a raw error, a crash of the process, one that takes longer than 60 s, or rows that do not sum up end with 1.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type FuzzOutcome, makeSeeds, mutate, readMutated } from '../test/helpers/fuzz-inputs.ts';

const HANG_MS = 60_000;
const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    score: { type: 'string', default: '40' },
    from: { type: 'string' },
  },
});
const count = Number(values.count);
const firstSeed = Number(values.seed) * 1_000_000;

if (values.from !== undefined) await work(Number(values.from));
else process.exitCode = await supervise();

/** Reads files one after another, saying of each that it begins and how it ended. */
async function work(from: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-fuzz-'));
  try {
    const seeds = await makeSeeds(join(folder, 'seeds'));
    for (let number = from; number < count; number++) {
      process.stdout.write(`${JSON.stringify({ begins: number })}\n`);
      const outcome = await readMutated(folder, mutate(seeds, firstSeed + number), number);
      process.stdout.write(`${JSON.stringify({ ...outcome, number })}\n`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function supervise(): Promise<number> {
  const ended = new Map<string, number>();
  const faults: string[] = [];
  const note = (number: number, { name, ended: how, fault }: FuzzOutcome): void => {
    ended.set(fault ? 'FAULT' : how, (ended.get(fault ? 'FAULT' : how) ?? 0) + 1);
    if (fault) faults.push(`${number} (${name}): ${how}`);
  };
  for (let next = 0; next < count; ) next = await runWorker(next, note);
  const scored = Math.min(count, Number(values.score));
  for (let i = 0; i < scored; i++) {
    const number = Math.floor((i * count) / scored);
    note(number, await scoreMutated(number));
  }
  process.stdout.write(`${count} files read, ${scored} scored\n`);
  for (const [how, times] of [...ended].sort(([, a], [, b]) => b - a))
    process.stdout.write(`  ${how} ${times}\n`);
  for (const fault of faults) process.stdout.write(`FAULT ${fault}\n`);
  return faults.length === 0 ? 0 : 1;
}

/** One process until it has done all or is gone; gives the number to go on with. */
async function runWorker(
  from: number,
  note: (number: number, outcome: FuzzOutcome) => void,
): Promise<number> {
  const args = ['--count', String(count), '--seed', values.seed, '--from', String(from)];
  const child: ChildProcess = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let current = from;
  let isOpen = true;
  let watchdog = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
  for await (const line of createInterface({ input: child.stdout! })) {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
    const said = JSON.parse(line) as { begins: number } | (FuzzOutcome & { number: number });
    isOpen = 'begins' in said;
    if ('begins' in said) current = said.begins;
    else {
      note(said.number, said);
      if (said.number % 200 === 199) process.stderr.write(`${said.number + 1} files\n`);
    }
  }
  clearTimeout(watchdog);
  if (current >= count - 1 && !isOpen) return count;
  const how = `the process ended (${child.signalCode ?? child.exitCode ?? 'killed, or hung for 60 s'})`;
  note(current, { name: 'reading', ended: how, fault: true });
  return current + 1;
}

async function scoreMutated(number: number): Promise<FuzzOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-fuzz-'));
  try {
    const { name, bytes } = mutate(await makeSeeds(join(folder, 'seeds')), firstSeed + number);
    await writeFile(join(folder, name), bytes);
    const skip = number % 2 === 0 ? ['--skip-bad-files'] : [];
    const args = ['score', join(folder, name), '--output-folder', join(folder, 'out'), '--json', ...skip];
    const { status, stdout, stderr, signal } = spawnSync(process.execPath, [main, ...args], {
      encoding: 'utf8',
      timeout: 2 * HANG_MS,
    });
    const code = /\[(BB_[A-Z_]+)\]/.exec(stderr)?.[1];
    if (status === 0) {
      const {
        count: rows,
        successes,
        reasons,
      } = JSON.parse(stdout) as {
        count: number;
        successes: number;
        reasons: Record<string, number>;
      };
      const sum = Object.values(reasons).reduce((total, times) => total + times, successes);
      return { name, ended: sum === rows ? 'scored' : `${sum} of ${rows} rows`, fault: sum !== rows };
    }
    const isClean = code !== undefined && code !== 'BB_INTERNAL' && !/\n\s+at /.test(stderr);
    return {
      name,
      ended: isClean ? `score ${code}` : `score ${status ?? signal}: ${stderr}`,
      fault: !isClean,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
