import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import type { ExecutionContext } from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { type FileSystem, withFileSystem } from '../../src/base/file-system.ts';
import { type FileCall, interpose, UNSYNCED } from './interposed-files.ts';

/** What a file system may answer: full, broken, turned read-only, interrupted. */
const FAULTS = ['ENOSPC', 'EIO', 'EROFS', 'EINTR'] as const;

/** What goes wrong, and with which call, counted from 0. */
export interface Fault {
  readonly code: (typeof FAULTS)[number];
  readonly at: number;
}

/** Whether a call on this path may fail: inputs, for one, are not what is committed. */
type Concerns = (path: string, call: FileCall['call']) => boolean;

/** A full disk refuses what needs room from then on, one that turned read-only all that changes it. */
const REFUSED: Readonly<Partial<Record<Fault['code'], readonly FileCall['call'][]>>> = {
  ENOSPC: ['write', 'link', 'copy', 'mkdir'],
  EROFS: ['write', 'link', 'copy', 'mkdir', 'rename', 'rmdir', 'remove'],
};

/** A file system in which a call fails. */
export interface FailingFiles {
  readonly files: FileSystem;
  readonly fault: Fault;
  /** Of this fault; fit for a file. */
  readonly name: string;
  /** The call that failed first; undefined where there were not as many. */
  readonly failed: FileCall | undefined;
  /** The files that were opened and not closed. */
  leftOpen(): string[];
}

function failingFiles(fault: Fault, concerns: Concerns): FailingFiles {
  let count = 0;
  let failed: FileCall | undefined;
  const open = new Map<string, number>();
  const countOpen = async <T>(call: FileCall, run: () => Promise<T>): Promise<T> => {
    const result = await run();
    if (call.call === 'open') open.set(call.path, (open.get(call.path) ?? 0) + 1);
    if (call.call === 'close') open.set(call.path, (open.get(call.path) ?? 0) - 1);
    return result;
  };
  const files = interpose((call, asked) => {
    const run = () => countOpen(call, asked);
    if (!concerns(call.path, call.call)) return run();
    const isFirst = count++ === fault.at;
    const isRefused = failed !== undefined && REFUSED[fault.code]?.includes(call.call);
    if (isFirst) failed = call;
    // A file that is closed with an error is closed.
    if (call.call === 'close' && isFirst) return run().then(() => Promise.reject(failure(fault, call)));
    return isFirst || isRefused ? Promise.reject(failure(fault, call)) : run();
  });
  return {
    files,
    fault,
    name: `${fault.code}-${fault.at}`,
    get failed() {
      return failed;
    },
    leftOpen: () => [...open].filter(([path, count]) => count > 0 && !isLock(path)).map(([path]) => path),
  };
}

/** The lock of a place that could not be cleared is held until its process ends: who comes then clears it. */
function isLock(path: string): boolean {
  return path.endsWith('.lock');
}

function failure({ code }: Fault, { call, path }: FileCall): Error {
  const errno = -constants.errno[code];
  return Object.assign(new Error(`${code}: injected, ${call} '${path}'`), {
    errno,
    code,
    syscall: call,
    path,
  });
}

/** Which calls fail. */
interface Failing {
  /** Calls that fail, counted from 0: one in so many, each with one of the faults; not given: each with all of them. */
  readonly oneIn?: number;
  /** The faults; all of them where not given. */
  readonly codes?: readonly Fault['code'][];
  readonly concerns?: Concerns;
}

/**
 * Makes an attempt for each call that it makes, with each fault, that call failing; ends with one in which there was no
 * such call any more.
 */
export async function failEachCall(
  attempt: (failing: FailingFiles) => Promise<void>,
  { oneIn, codes: faults = FAULTS, concerns = () => true }: Failing = {},
): Promise<void> {
  const series = oneIn === undefined ? faults.map((code) => [code]) : [faults];
  for (const codes of series) {
    for (let round = 0; ; round++) {
      const fault = { code: codes[round % codes.length]!, at: round * (oneIn ?? 1) };
      const failing = failingFiles(fault, concerns);
      await withFileSystem(UNSYNCED, () => attempt(failing));
      const leftOpen = failing.leftOpen();
      if (leftOpen.length > 0) throw new Error(`${failing.name} left open: ${leftOpen}`);
      if (!failing.failed) break;
    }
  }
}

/** What a piece of work threw; undefined where it came to its end. */
export async function thrownBy(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

/** What was thrown because of a fault must be an error of ours with the right code, name the path, and say what to do. */
export function expectTold(
  t: ExecutionContext,
  thrown: unknown,
  { failed, fault }: FailingFiles,
  path: string,
): void {
  const what = `${fault.code} in call ${fault.at}, ${failed?.call} ${failed?.path}: ${thrown}`;
  t.true(failed !== undefined || thrown === undefined, what);
  if (thrown === undefined) {
    // What the disk did not take may be gone after the next loss of power: nobody may call it done.
    t.not(failed?.call, 'fsync', what);
    return;
  }
  if (!(thrown instanceof BowerbirdError)) {
    t.fail(`no error of ours: ${what}`);
    return;
  }
  t.true(thrown.message.includes(path), what);
  t.regex(
    thrown.message,
    /\b(run|Run) (it|the same command) again|Choose another|cannot be (read|written)/i,
    what,
  );
  if (fault.code === 'ENOSPC') t.is(thrown.code, 'BB_DISK_FULL', what);
  else
    t.true(
      ['BB_SHARD_WRITE', 'BB_OUTPUT_WRITE', 'BB_OUTPUT_FOLDER', 'BB_STORE_ACCESS'].includes(thrown.code),
      what,
    );
}

/** Above every process id that Linux gives (2^22). */
const NO_PROCESS = 2 ** 22 + 1;

/** A process that meets a fault ends: the lock that it could not give back is a dead one then. */
export async function endOwner(lock: string): Promise<void> {
  if (!existsSync(lock)) return;
  const content = JSON.parse(await readFile(lock, 'utf8')) as object;
  await writeFile(lock, JSON.stringify({ ...content, pid: NO_PROCESS }));
}
