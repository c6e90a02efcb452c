import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';

const run = promisify(execFile);

/** A file system of its own in memory. */
export interface SmallDisk {
  readonly path: string;
  makeReadOnly(): Promise<void>;
  resize(sizeMb: number): Promise<void>;
}

/**
 * Mounts a file system of `sizeMb` that goes with the test; where that is not allowed, says so, passes the test and
 * gives undefined.
 */
export async function mountSmallDisk(t: ExecutionContext, sizeMb: number): Promise<SmallDisk | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'bowerbird-disk-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=755`, 'tmpfs', path]);
  } catch {
    t.log('left out: this user may not mount a file system');
    t.pass();
    return undefined;
  }
  // Lazily: LMDB closes its files a moment after it was told to.
  t.teardown(() => run('umount', ['-l', path]));
  return {
    path,
    makeReadOnly: async () => {
      await run('mount', ['-o', 'remount,ro', path]);
    },
    resize: async (size) => {
      await run('mount', ['-o', `remount,size=${size}m`, path]);
    },
  };
}
