import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** A temporary folder that goes with the test. */
/** Who says what is to be taken down in the end: a test, or a whole file. */
export type Owner = Pick<ExecutionContext, 'teardown'>;

export async function makeFolder(t: Owner): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
