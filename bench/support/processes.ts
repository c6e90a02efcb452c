import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageFolder } from '../../src/base/package.ts';

/** What a command used, its children included. */
export interface Usage {
  readonly stdout: string;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** The command line tool as `npm run build` makes it, and as it is installed. */
export const cliScript: string = join(packageFolder, 'dist/cli/main.js');

const CLOCK_TICKS_PER_SECOND = 100;
const STAT_UTIME = 11;
const STAT_CUTIME = 13;

/** Runs a Node script to its end, like `runCommand`. */
export async function runScript(script: string, args: readonly string[]): Promise<Usage> {
  return runCommand(process.execPath, [script, ...args]);
}

/**
 * Runs a command to its end. CPU time is that of its whole process tree, user and system, all threads: the kernel
 * adds what a process and its own ended children used to its parent when it is reaped. Run one at a time.
 */
export async function runCommand(command: string, args: readonly string[]): Promise<Usage> {
  const cpuBefore = endedChildrenCpuSeconds();
  const startedMs = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [exitCode] = await once(child, 'close');
  if (exitCode !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${exitCode}:\n${stderr}`);
  const wallSeconds = (performance.now() - startedMs) / 1000;
  return { stdout, cpuSeconds: endedChildrenCpuSeconds() - cpuBefore, wallSeconds };
}

/** proc(5): cutime and cstime, of the children that were waited for, and of theirs. */
function endedChildrenCpuSeconds(): number {
  const fields = statFields('self');
  return (Number(fields[STAT_CUTIME]) + Number(fields[STAT_CUTIME + 1])) / CLOCK_TICKS_PER_SECOND;
}

/** CPU seconds of a running process so far, all threads, without its children. */
export function cpuSecondsOf(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[STAT_UTIME]) + Number(fields[STAT_UTIME + 1])) / CLOCK_TICKS_PER_SECOND;
}

/** Likewise, 0 once it is gone. */
export function cpuSecondsSoFar(pid: number): number {
  try {
    return cpuSecondsOf(pid);
  } catch {
    return 0;
  }
}

/** /proc/PID/stat from the third field on; the second is the name, which may hold spaces. */
function statFields(pid: number | 'self'): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(') ') + 2).split(' ');
}

/** The process ids of a process's children; none once it is gone. */
export function childrenOf(pid: number): number[] {
  return readProc(`${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
}

/** CPU seconds so far of all running processes that a process has started, and that these have, itself included. */
export function treeCpuSecondsOf(pid: number): number {
  const children = new Map<number, number[]>();
  for (const id of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const parent = Number(/^PPid:\s+(\d+)/m.exec(readProc(`${id}/status`))?.[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), id]);
  }
  const sumOf = (id: number): number => {
    const own = readProc(`${id}/stat`) === '' ? 0 : cpuSecondsOf(id);
    return (children.get(id) ?? []).reduce((sum, child) => sum + sumOf(child), own);
  };
  return sumOf(pid);
}

/** Bytes of the most memory that a process has had resident; 0 once it is gone. */
export function peakMemoryOf(pid: number): number {
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readProc(`${pid}/status`))?.[1] ?? 0);
}

/** The file name of the script that a Node process runs; empty once it is gone. */
export function scriptOf(pid: number): string {
  const script = readProc(`${pid}/cmdline`)
    .split('\0')
    .find((part) => part.endsWith('.js'));
  return basename(script ?? '');
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}
