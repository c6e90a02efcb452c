import {
  type ChildProcess,
  type SpawnSyncReturns,
  type StdioOptions,
  spawn,
  spawnSync,
} from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  COMMAND_PROCESS,
  type CommandNews,
  type CommandOrder,
  OWN_OUTPUTS,
} from '../helpers/command-pool.ts';
import { type CommandToRun, everyCommand, storeOf } from '../helpers/every-command.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { CLI, runCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';

/** What a finished command may take from its last line to its end. */
const MAX_EXIT_MS = 2000;
/** A machine that is busy elsewhere may delay one end, and the next: what holds a process delays every one. */
const MAX_TRIES = 20;

interface Exit {
  readonly exitCode: number | null;
  /** From the last output to the end of the process, in ms. */
  readonly afterLastLineMs: number;
  readonly output: string;
}

/** Runs a command in an empty environment; one empty word in it keeps Node from adding its own. */
async function runBare(args: readonly string[]): Promise<Exit> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { NODE_V8_COVERAGE: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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

/** Whether a command ended soon after its last line, this time or when it is run again. */
async function endsSoon(exit: Exit, args: readonly string[]): Promise<boolean> {
  let last = exit;
  for (let tries = 1; last.afterLastLineMs >= MAX_EXIT_MS && tries < MAX_TRIES; tries++)
    last = await runBare(args);
  return last.afterLastLineMs < MAX_EXIT_MS;
}

/** Starts a script of Node with standard output and standard error closed. */
function startMute(script: string, args: readonly string[], stdio: StdioOptions): ChildProcess {
  const words = ['-c', 'exec "$@" >&- 2>&-', 'sh', process.execPath, script, ...args];
  return spawn('sh', words, { stdio });
}

async function runMute(args: readonly string[]): Promise<number | null> {
  const [exitCode] = await once(startMute(CLI, args, 'ignore'), 'exit');
  return exitCode;
}

/** Runs commands one after the other in one process whose outputs are closed; gives how each ended. */
async function runAllMute(
  t: ExecutionContext,
  commands: readonly CommandToRun[],
): Promise<{ readonly name: string; readonly exitCode: number | undefined }[]> {
  const stdio: StdioOptions = ['ignore', 'ignore', 'ignore', 'ipc'];
  const child = startMute(COMMAND_PROCESS, [OWN_OUTPUTS], stdio);
  t.teardown(() => child.kill('SIGKILL'));
  const isOver: Promise<[CommandNews | undefined]> = once(child, 'exit').then(() => [undefined]);
  const ends = [];
  for (const { name, args } of commands) {
    const told = once(child, 'message') as Promise<[CommandNews]>;
    const order: CommandOrder = { args, environment: process.env, folder: process.cwd() };
    child.send(order);
    const [news] = await Promise.race([told, isOver]);
    ends.push({ name, exitCode: news?.exitCode });
  }
  return ends;
}

/** Runs a command whose standard output is on a disk without room. */
function runToFullDisk(args: readonly string[]): SpawnSyncReturns<string> {
  const full = openSync('/dev/full', 'w');
  try {
    return spawnSync(process.execPath, [CLI, ...args], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
  } finally {
    closeSync(full);
  }
}

/** Three tags and a store of them. */
async function makeStore(t: ExecutionContext): Promise<{ folder: string; tags: string; store: string }> {
  const folder = await makeFolder(t);
  const tags = join(folder, 'tags.csv');
  const store = join(folder, 'store');
  writeFileSync(tags, 'hash,aesthetic\n1,5.5\n2,6.5\n3,7.5\n');
  t.is((await runCli(['store', 'build', '--from', tags, '--output', store])).exitCode, 0);
  return { folder, tags, store };
}

test('every command ends within two seconds of its last line, in an empty environment, with an honest exit code', async (t) => {
  const world = await makeWorld(t, { rowCount: 12 });
  for (const { name, args } of everyCommand(world, 'bare')) {
    const first = await runBare(args);
    t.is(first.exitCode, 0, `${name}: ${first.output}`);
    // What has been built is refused or replaced by then, and the end is the same.
    t.true(await endsSoon(first, args), name);
  }
  const missing = ['lookup', `${storeOf(world, 'bare')}-none`, '5'];
  const failed = await runBare(missing);
  t.is(failed.exitCode, 2, failed.output);
  t.true(await endsSoon(failed, missing));
});

test('every command with closed outputs does its work, and its exit code says how it ended', async (t) => {
  const world = await makeWorld(t, { rowCount: 12 });
  const commands = everyCommand(world, 'mute');
  t.deepEqual(
    await runAllMute(t, commands),
    commands.map(({ name }) => ({ name, exitCode: 0 })),
  );
  t.is((await runCli(['store', 'verify', storeOf(world, 'mute')])).exitCode, 0);
  // What becomes of the exit code of a process is the same whatever the command.
  t.is(await runMute(['lookup', storeOf(world, 'mute'), '5']), 0);
  t.is(await runMute(['lookup', `${storeOf(world, 'mute')}-none`, '5']), 2);
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
      // A command that hashes, and so needs WebAssembly, whatever its input.
      const { exitCode, output } = await runLimited(`-v ${kilobytes}`, [
        'score',
        'x',
        '--output-folder',
        'out',
      ]);
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

test('what was printed on a full disk is told to be lost, with an exit code that says so', async (t) => {
  if (!existsSync('/dev/full')) {
    t.log('skipped: this system has no /dev/full');
    t.pass();
    return;
  }
  const { tags, store } = await makeStore(t);
  for (const args of [
    ['buckets', tags, '--json'],
    ['lookup', store, '1', '2'],
    ['store', 'info', store],
    ['--help'],
  ]) {
    const { status, stderr } = runToFullDisk(args);
    t.is(status, 1, args.join(' '));
    // A slow machine shows how far the command is before that.
    t.regex(stderr, /^bowerbird: .*ENOSPC.*\n\[BB_OUTPUT_WRITE\]\n$/m, args.join(' '));
  }
});

test('a place for temporary files or for a page that cannot be used is told by name', async (t) => {
  const { tags, folder } = await makeStore(t);
  const none = { ...process.env, TMPDIR: join(folder, 'none') };
  const run = spawnSync(process.execPath, [CLI, 'buckets', tags], { env: none, encoding: 'utf8' });
  t.is(run.status, 2);
  t.regex(run.stderr, /Set TMPDIR to a folder.*\n\[BB_TEMPORARY_FOLDER\]/);
  if (process.platform !== 'linux') return;
  // No folder can ever be made in /proc.
  const page = await runCli(['buckets', tags, '--html', '/proc/none/below/page.html']);
  t.is(page.exitCode, 1);
  t.regex(page.stderr, /^bowerbird: Writing .*page\.html failed: ENOENT.*\n\[BB_OUTPUT_WRITE\]/);
  t.is(page.stdout, '');
});
