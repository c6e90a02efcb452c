import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process that answers each line of JSON with one: a contestant that stays loaded while others have their turn. */
export interface LineProcess {
  readonly pid: number;
  /** @throws Error where the process ends instead of answering */
  ask(question: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a command; what it writes to stderr is shown. */
export function startLineProcess(command: string, args: readonly string[]): LineProcess {
  const child: ChildProcess = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    pid: child.pid!,
    async ask(question) {
      child.stdin!.write(`${JSON.stringify(question)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${[command, ...args].join(' ')} ended without an answer`);
      return JSON.parse(value) as unknown;
    },
    async stop() {
      child.stdin!.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
