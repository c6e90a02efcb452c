import { spawn } from 'node:child_process';
import test from 'ava';
import { type CommandToRun, everyCommand, storeOf } from '../helpers/every-command.ts';
import { CLI, runCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';

/** What a finished command may take from its last line to its end. */
const MAX_EXIT_MS = 2000;

interface Exit {
  readonly exitCode: number | null;
  /** From the last output to the end of the process, in ms. */
  readonly afterLastLineMs: number;
  readonly output: string;
}

/** Runs a command in an empty environment. */
async function runBare(args: readonly string[]): Promise<Exit> {
  const child = spawn(process.execPath, [CLI, ...args], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  let lastMs = performance.now();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      lastMs = performance.now();
      output += text;
    });
  }
  const exitCode = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { exitCode, afterLastLineMs: performance.now() - lastMs, output };
}

/** Runs a command with standard output and standard error closed. */
async function runMute(args: readonly string[]): Promise<number | null> {
  const child = spawn('sh', ['-c', 'exec "$@" >&- 2>&-', 'sh', process.execPath, CLI, ...args], {
    stdio: 'ignore',
  });
  return new Promise((resolve) => child.once('exit', resolve));
}

test('every command ends within two seconds of its last line, in an empty environment, with an honest exit code', async (t) => {
  const world = await makeWorld(t, { rowCount: 30 });
  for (const { name, args } of everyCommand(world, 'bare')) {
    const first = await runBare(args);
    t.is(first.exitCode, 0, `${name}: ${first.output}`);
    if (first.afterLastLineMs < MAX_EXIT_MS) continue;
    // A machine that is busy elsewhere: what has been built is refused or replaced, and the end is the same.
    const second = await runBare(args);
    t.true(second.afterLastLineMs < MAX_EXIT_MS, `${name}: ${second.afterLastLineMs} ms`);
  }
  const failed = await runBare(['lookup', `${storeOf(world, 'bare')}-none`, '5']);
  t.is(failed.exitCode, 2, failed.output);
  t.true(failed.afterLastLineMs < MAX_EXIT_MS);
});

test('every command with closed outputs does its work, and its exit code says how it ended', async (t) => {
  const world = await makeWorld(t, { rowCount: 30 });
  for (const { name, args } of everyCommand(world, 'mute') satisfies CommandToRun[])
    t.is(await runMute(args), 0, name);
  t.is(await runMute(['lookup', `${storeOf(world, 'mute')}-none`, '5']), 2);
  t.is((await runCli(['store', 'verify', storeOf(world, 'mute')])).exitCode, 0);
});

const COMMANDS: readonly (readonly string[])[] = [
  ...[
    ['score', 'x.csv', '--output-folder', 'out'],
    ['subset'],
    ['buckets', 'x'],
    ['lookup', 'x', '5'],
    ['serve', 'x'],
  ],
  ...['build', 'add', 'compact', 'info', 'verify', 'export'].map((verb) => ['store', verb, 'x']),
  ...[['demo'], ['--help'], []],
];

test('too few file descriptors are told before any command does anything', async (t) => {
  for (const args of COMMANDS) {
    const { exitCode, output } = await runLimited('-n 64', args);
    t.is(exitCode, 2, output);
    t.regex(output, /^bowerbird: .*may open 64 files.*ulimit -n 4096.*\n\[BB_TOO_FEW_FILE_DESCRIPTORS\]\n$/);
  }
});

if (process.platform === 'linux') {
  for (const kilobytes of [1_500_000, 6_000_000]) {
    test(`an address space of ${kilobytes} kB is told in words, not by a trace`, async (t) => {
      const { exitCode, output } = await runLimited(`-v ${kilobytes}`, ['buckets', 'x']);
      t.is(exitCode, 2, output);
      t.regex(output, /^bowerbird: .*ulimit -v.*\n\[BB_OUT_OF_MEMORY\]\n$/);
    });
  }
}

async function runLimited(
  limit: string,
  args: readonly string[],
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const child = spawn('sh', ['-c', `ulimit ${limit} && exec "$@"`, 'sh', process.execPath, CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, output };
}
