import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from './errors.ts';

/**
 * Which process something belongs to. A process number alone says little: containers count from 1, numbers are given
 * again, and a folder may be shared by machines.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Changes with every start of the machine; null where the system does not say (outside Linux). */
  readonly boot_id: string | null;
  /** The process and time namespaces, in which numbers and start times are counted. */
  readonly namespaces: string | null;
  /** Clock ticks from the machine's start to the process's (field 22 of /proc/PID/stat). */
  readonly start_ticks: string | null;
}

/** Whether a process still runs; unknown where it cannot be looked up from here. */
export type Life = 'alive' | 'dead' | 'unknown';

let own: ProcessIdentity | undefined;

/** This process. */
export function ownIdentity(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    host: hostname(),
    boot_id: unlessMissing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespaces: unlessMissing(() =>
      ['pid', 'time'].map((kind) => readlinkSync(`/proc/self/ns/${kind}`)).join(' '),
    ),
    start_ticks: unlessMissing(() => startTicks('self')),
  };
  return own;
}

/** Whether a JSON value is one. */
export function isIdentity(value: unknown): value is ProcessIdentity {
  const identity = value as Partial<ProcessIdentity> | null;
  return (
    Number.isInteger(identity?.pid) &&
    typeof identity?.host === 'string' &&
    [identity.boot_id, identity.namespaces, identity.start_ticks].every(
      (text) => text === null || typeof text === 'string',
    )
  );
}

/** Judges whether the process runs, by what this machine's kernel says of it. */
export function lifeOf(identity: ProcessIdentity): Life {
  const here = ownIdentity();
  const { pid, boot_id, namespaces, start_ticks } = identity;
  if (boot_id !== here.boot_id || namespaces !== here.namespaces) return 'unknown';
  if (boot_id === null || namespaces === null || start_ticks === null) return lifeByNumber(identity);
  // A /proc of another namespace (as after `unshare --pid` alone) has other processes under these numbers.
  if (unlessMissing(() => readlinkSync('/proc/self')) !== String(process.pid)) return 'unknown';
  return unlessMissing(() => startTicks(String(pid))) === start_ticks ? 'alive' : 'dead';
}

/** Where there is no /proc: a number that nobody has is dead, any other may have been given again. */
function lifeByNumber({ pid, host }: ProcessIdentity): Life {
  if (host !== hostname()) return 'unknown';
  if (pid === process.pid) return 'alive';
  try {
    process.kill(pid, 0);
    return 'unknown';
  } catch (thrown) {
    return codeOf(thrown) === 'ESRCH' ? 'dead' : 'unknown';
  }
}

/** The name of the command stands in brackets and may hold anything; a zombie has ended. */
function startTicks(process: string): string {
  const stat = readFileSync(`/proc/${process}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === 'Z' || state === 'X') throw new Error('it has ended');
  return fields[19]!;
}

function unlessMissing<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
