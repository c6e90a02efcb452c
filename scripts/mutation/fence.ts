import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a command behind the fence ended. */
export interface Ended {
  readonly code: number | null;
  readonly timedOut: boolean;
  /** Stdout and stderr, in order of arrival. */
  readonly output: string;
  readonly tookMs: number;
}

/** In units of 512 bytes, as `ulimit -f` counts: no file over 4 GiB. */
const FILE_LIMIT_BLOCKS = 8 * 2 ** 20;

const UNSHARE = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Options of `unshare` with which this user can have namespaces here; undefined where none work. */
const unshareOptions: readonly string[] | undefined = [UNSHARE, ['--map-root-user', ...UNSHARE]].find(
  (options) => spawnSync('unshare', [...options, 'ip', 'link', 'set', 'lo', 'up']).status === 0,
);

/** Whether mutants are kept from other processes and from every network but loopback here. */
export const IS_FENCED: boolean = unshareOptions !== undefined;

/**
 * Runs a command as a mutant must be run: in namespaces of its own where the system gives them, so that all its
 * processes end with it and nothing but loopback can be reached; with a TMPDIR that is removed afterwards; with a bound
 * on the size of files. Where there are no namespaces, its process group is ended.
 *
 * @param timeoutMs after which it is ended by SIGKILL
 */
export function runFenced(
  command: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Ended> {
  const temporary = mkdtempSync(join(tmpdir(), 'bb-mutant-'));
  const limited = ['sh', '-c', `ulimit -f ${FILE_LIMIT_BLOCKS}; "$@"`, 'sh', ...command];
  const inside = ['sh', '-c', 'ip link set lo up; "$@"', 'sh', ...limited];
  const [program, ...args] = unshareOptions ? ['unshare', ...unshareOptions, ...inside] : limited;
  const startedMs = performance.now();
  const child = spawn(program!, args, {
    cwd: options.cwd,
    env: { ...options.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  let timedOut = false;
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const end = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, options.timeoutMs);
  options.signal?.addEventListener('abort', end, { once: true });
  if (options.signal?.aborted) end();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // Processes that outlive the command could hold its pipes open for ever.
    child.once('exit', (code) => {
      end();
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
      const tookMs = performance.now() - startedMs;
      setImmediate(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
        resolve({ code, timedOut, output, tookMs });
      });
    });
  });
}
