import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The command line tool's script. */
export const CLI: string = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** How a command ended and what it printed. */
export interface CliResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface RunningCli {
  readonly process: ChildProcess;
  /** What it has printed on stderr so far. */
  stderr(): string;
  readonly ended: Promise<CliResult>;
}

/** Starts the command line tool as a process of its own. */
export function startCli(args: readonly string[]): RunningCli {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
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

/** Runs the command line tool to its end. */
export function runCli(args: readonly string[]): Promise<CliResult> {
  return startCli(args).ended;
}
