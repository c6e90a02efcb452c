import { readFileSync } from 'node:fs';

/** The unit of times in /proc/PID/stat (USER_HZ): Linux shows 100 to programs, whatever it counts in. */
const TICKS_PER_SECOND = 100;

/** Places after the command's name, which ends with the last `)`: state is 0, so utime is 11. */
const [UTIME, STIME, CHILDREN_UTIME, CHILDREN_STIME] = [11, 12, 13, 14];

/**
 * CPU seconds, of user and system, that this process, its children and theirs have taken, those that have ended and were
 * waited for among them. Undefined where the system does not tell (outside Linux).
 */
export function cpuSeconds(): number | undefined {
  try {
    return treeTicks(String(process.pid)) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

function treeTicks(pid: string): number {
  let ticks = ownTicks(pid);
  for (const child of childrenOf(pid)) {
    try {
      ticks += treeTicks(child);
    } catch {
      // It has ended meanwhile: its time is among that of its parent's children at the next look.
    }
  }
  return ticks;
}

function ownTicks(pid: string): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return [UTIME, STIME, CHILDREN_UTIME, CHILDREN_STIME].reduce((sum, at) => sum + Number(fields[at]), 0);
}

/** Node starts children from its first thread. */
function childrenOf(pid: string): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
}
