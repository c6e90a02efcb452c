import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PageState } from '../../src/browse/page-data.ts';
import { cliScript, cpuSecondsOf, peakMemoryOf } from './processes.ts';

const POLL_MS = 20;
const BYTES_PER_MB = 1e6;

/** `bowerbird browse` as a process of its own, whose CPU time is looked at. */
export class BrowsedCommand {
  readonly url: string;
  /** CPU time of the process until the scores were read, in milliseconds; its start included. */
  readonly scoresCpuMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, scoresCpuMs: number) {
    this.#child = child;
    this.url = url;
    this.scoresCpuMs = scoresCpuMs;
  }

  /** Starts it, and waits until there is something to show. */
  static async start(path: string): Promise<BrowsedCommand> {
    const child = spawn(process.execPath, [cliScript, 'browse', path, '--port', '0', '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(child.stdout!, 'data');
    const { url } = JSON.parse(String(line)) as { url: string };
    while (!(await stateAt(url)).isReady) await sleep(POLL_MS);
    return new BrowsedCommand(child, url, 1000 * cpuSecondsOf(child.pid!));
  }

  /** CPU time until everything was read, in milliseconds. */
  async allRead(): Promise<number> {
    while (!(await stateAt(this.url)).areTextsRead) await sleep(POLL_MS);
    return 1000 * cpuSecondsOf(this.#child.pid!);
  }

  /** CPU time of one request, in milliseconds; a clock tick of the kernel is ten. */
  async cpuMsOf(path: string): Promise<number> {
    const before = cpuSecondsOf(this.#child.pid!);
    await ask(this.url, path);
    return 1000 * (cpuSecondsOf(this.#child.pid!) - before);
  }

  residentMb(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Math.round((1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1])) / BYTES_PER_MB);
  }

  peakMb(): number {
    return Math.round(peakMemoryOf(this.#child.pid!) / BYTES_PER_MB);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await ended;
  }
}

async function stateAt(url: string): Promise<PageState> {
  return (await ask(url, '/state')) as PageState;
}

async function ask(url: string, path: string): Promise<unknown> {
  const { origin, searchParams } = new URL(url);
  const answer = await fetch(
    `${origin}${path}${path.includes('?') ? '&' : '?'}token=${searchParams.get('token')}`,
  );
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer.json();
}
