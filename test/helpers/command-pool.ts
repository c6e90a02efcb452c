import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The script of a process that runs commands. */
export const COMMAND_PROCESS: string = fileURLToPath(new URL('./command-process.js', import.meta.url));

/** A word for that script: what commands print goes to the outputs of their process, and is not told. */
export const OWN_OUTPUTS = '--own-outputs';

/** Of commands that did all their work or refused to begin; others may leave work behind that the end would stop. */
const CLEAN_EXIT_CODES = [0, 2];

/** A command of the tool, and what it would find as a process of its own. */
export interface CommandOrder {
  /** The words after `bowerbird`. */
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly folder: string;
}

/** What is told of the process of the commands, once, and of the command that runs. */
export type CommandNews = { readonly [stream in 'stdout' | 'stderr']?: string } & {
  readonly pid?: number;
  readonly exitCode?: number;
};

/** Ends with its parent, however that ends, and does not keep it. */
function startProcess(): ChildProcess {
  const child = fork(COMMAND_PROCESS, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.unref();
  child.channel!.unref();
  return child;
}

/** Lets one process run the orders of a test file, a line each, and gives it back to the idle ones. */
function serve(socket: Socket, idle: ChildProcess[]): void {
  const child = idle.pop() ?? startProcess();
  let running = 0;
  let isClean = true;
  const tell = (news: CommandNews): void => {
    if (news.exitCode !== undefined) running--;
    isClean &&= CLEAN_EXIT_CODES.includes(news.exitCode ?? 0);
    if (socket.writable) socket.write(`${JSON.stringify(news)}\n`);
  };
  const leave = (): unknown => socket.end();
  child.on('message', tell).once('exit', leave);
  tell({ pid: child.pid! });
  createInterface({ input: socket })
    .on('line', (line) => {
      running++;
      child.send(JSON.parse(line) as CommandOrder);
    })
    .once('close', () => {
      child.off('message', tell);
      // A process tells what it covered when it ends, which the test file waits for.
      if (running > 0 || !isClean || process.env['NODE_V8_COVERAGE']) {
        if (child.connected) child.disconnect();
        return;
      }
      child.off('exit', leave);
      if (child.connected) idle.push(child);
      socket.end();
    });
  // The test file was killed.
  socket.on('error', () => socket.destroy());
}

/**
 * Has the process that runs the test files lend them processes that run commands: most of what a command takes is the
 * start of its process. Gives the path of the socket where a test file gets one.
 */
export async function openCommandPool(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-commands-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const idle: ChildProcess[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, idle)).unref();
  const path = join(folder, 'socket');
  await once(server.listen(path), 'listening');
  return path;
}
