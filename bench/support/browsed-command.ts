import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PageState, PageWindow } from '../../src/browse/page-data.ts';
import { childrenOf, cliScript, cpuSecondsOf, peakMemoryOf } from './processes.ts';

const POLL_MS = 20;
const BYTES_PER_MB = 1e6;
/** That a browser opens to one server. */
const CONNECTIONS = 6;

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

  /**
   * Asks for the best rows and their pictures as the page does, six at a time. Gives the CPU time of the server, and of all that it has
   * started, in milliseconds: until the first picture is there, and until all are.
   */
  async firstPictures(count: number): Promise<{ readonly firstMs: number; readonly allMs: number }> {
    const { rows } = (await ask(this.url, `/rows?sort=aesthetic&count=${count}`)) as PageWindow;
    const waiting = rows.map(({ row }) => `/pictures/grid/${row}`);
    let firstMs = Number.NaN;
    const fetchSome = async (): Promise<void> => {
      for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
        await (await fetch(addressOf(this.url, path))).arrayBuffer();
        if (Number.isNaN(firstMs)) firstMs = this.#cpuMs();
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, fetchSome));
    return { firstMs, allMs: this.#cpuMs() };
  }

  #cpuMs(): number {
    const pid = this.#child.pid!;
    return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + 1000 * cpuSecondsOf(each), 0);
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
  const answer = await fetch(addressOf(url, path));
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer.json();
}

function addressOf(url: string, path: string): string {
  const { origin, searchParams } = new URL(url);
  return `${origin}${path}${path.includes('?') ? '&' : '?'}token=${searchParams.get('token')}`;
}
