import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { registerCompletionHandler } from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import type { CommandNews, CommandOrder } from './command-pool.ts';

/** The program in one module each, whose lines coverage counts. */
const MODULES = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** The command line tool's script: as it is packed, so that what people run is what is killed, starved and looked at here. */
export const CLI: string = process.env['NODE_V8_COVERAGE']
  ? MODULES
  : join(packageFolder, 'dist/cli/main.js');

/** Flags that every test run needs. */
export const LOOPBACK_FLAGS: readonly string[] = [
  '--allow-private-addresses',
  '--processes-count',
  '1',
  // An encoder is tried out on two whole batches whenever it starts.
  '--batch-size',
  '2',
  // A host in the same process as the test may have to wait for its turn.
  '--timeout',
  '600',
];

/** How a command ended and what it printed. */
export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a process ended. */
export interface EndedCli extends CliResult {
  readonly signal: NodeJS.Signals | null;
}

/** A command that runs. */
export interface RunningCli {
  readonly process: ChildProcess;
  /** What it has printed on stderr so far. */
  stderr(): string;
  readonly ended: Promise<EndedCli>;
}

/** How a command is started. */
export interface StartOptions {
  /** It will be killed, and so could not say which of its lines were covered; counting them would slow it down. */
  readonly isDoomed?: boolean;
}

/** Starts the command line tool as a process of its own. */
export function startCli(args: readonly string[], { isDoomed = false }: StartOptions = {}): RunningCli {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: isDoomed ? { ...process.env, NODE_V8_COVERAGE: '' } : process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([exitCode, signal]) => ({
    exitCode: exitCode as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
  }));
  return { process: child, stderr: () => stderr, ended };
}

/** Runs the command line tool to its end, in a process that is started for it alone. */
export function runCliAlone(args: readonly string[]): Promise<EndedCli> {
  return startCli(args).ended;
}

/** A command that runs within the process of a test file's commands. */
export interface RunningCommand {
  /** Of that process, which the decoders and encoders of its commands are children of. */
  readonly pid: Promise<number>;
  /** What it has printed on stderr so far. */
  stderr(): string;
  hasEnded(): boolean;
  readonly ended: Promise<CliResult>;
}

/** A command whose end is waited for. */
class Waiting {
  readonly printed = { stdout: '', stderr: '' };
  hasEnded = false;
  end!: (exitCode: number) => void;
  fail!: (error: Error) => void;
  readonly ended: Promise<CliResult>;

  constructor() {
    this.ended = new Promise<number>((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    })
      .finally(() => {
        this.hasEnded = true;
      })
      .then((exitCode) => ({ exitCode, ...this.printed }));
  }
}

/** A process, lent by the one that runs the test files, that runs commands one after the other. */
class CommandProcess {
  readonly #socket = connect(process.env['BOWERBIRD_COMMAND_POOL']!);
  readonly #waiting: Waiting[] = [];
  #knowPid!: (pid: number) => void;
  readonly #pid = new Promise<number>((resolve) => {
    this.#knowPid = resolve;
  });

  constructor() {
    createInterface({ input: this.#socket }).on('line', (line) => this.#hear(JSON.parse(line)));
    this.#socket.once('close', () => {
      for (const { fail } of this.#waiting) fail(new Error('the process of the commands ended by itself'));
    });
    // AVA waits until its process has nothing left to wait for, which is when the other one is given back.
    registerCompletionHandler(() => this.#socket.end());
  }

  start(args: readonly string[]): RunningCommand {
    const waiting = new Waiting();
    this.#waiting.push(waiting);
    const order: CommandOrder = { args, environment: process.env, folder: process.cwd() };
    this.#socket.write(`${JSON.stringify(order)}\n`);
    return {
      pid: this.#pid,
      stderr: () => waiting.printed.stderr,
      hasEnded: () => waiting.hasEnded,
      ended: waiting.ended,
    };
  }

  #hear({ pid, stdout = '', stderr = '', exitCode }: CommandNews): void {
    if (pid !== undefined) {
      this.#knowPid(pid);
      return;
    }
    const [first] = this.#waiting;
    // What a command that was interrupted prints after its end.
    if (!first) return;
    const { printed, end } = first;
    printed.stdout += stdout;
    printed.stderr += stderr;
    if (exitCode === undefined) return;
    this.#waiting.shift();
    end(exitCode);
  }
}

/** Of this test file. */
let commandProcess: CommandProcess | undefined;

/**
 * Starts a command of the tool. The commands of a test file run one after the other in one process, which those of
 * other files ran in before: that saves each the start. Where what becomes of a process is the point, take `startCli`.
 */
export function startCommand(args: readonly string[]): RunningCommand {
  commandProcess ??= new CommandProcess();
  return commandProcess.start(args);
}

/** Runs a command of the tool to its end, as `startCommand` does. */
export function runCli(args: readonly string[]): Promise<CliResult> {
  return startCommand(args).ended;
}
