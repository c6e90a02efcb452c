import { execFileSync } from 'node:child_process';

/** The children of a process whose command line names a script. */
export function childrenOf(pid: number, script: string): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, ...args]) => Number(parent) === pid && args.join(' ').includes(script))
    .map(([child]) => Number(child));
}
