import { execFileSync } from 'node:child_process';

/** Makes a pipe: whoever opens it to read waits for somebody who writes. */
export function makePipe(path: string): string {
  execFileSync('mkfifo', [path]);
  return path;
}
