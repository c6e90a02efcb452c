import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { fillWorld } from '../helpers/api-world.ts';
import { runCli } from '../helpers/run-cli.ts';

/** A folder with what `fillWorld` makes. */
export interface ApiWorld {
  readonly folder: string;
  path(...names: string[]): string;
}

/** Makes it when it is first asked for, once for a test file, and removes it in the end. */
export function apiWorld(): () => Promise<ApiWorld> {
  let made: Promise<ApiWorld> | undefined;
  test.after.always(async () => {
    if (made) await rm((await made).folder, { recursive: true, force: true });
  });
  return () => {
    made ??= makeWorld();
    return made;
  };
}

export async function makeWorld(): Promise<ApiWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-api-'));
  await fillWorld(folder, async (...args) => {
    const { exitCode, stderr } = await runCli(args);
    if (exitCode !== 0) throw new Error(stderr);
  });
  return { folder, path: (...names) => join(folder, ...names) };
}
