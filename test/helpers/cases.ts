import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

/** What lies beside the project; not every machine has it. */
const SHARED = fileURLToPath(new URL('../../../../shared/', import.meta.url));

/** The path of an input that once went wrong; undefined, with the reason in the log, where the cases are not there. */
export function caseOf(t: ExecutionContext, ...names: string[]): string | undefined {
  return sharedOf(t, 'cases', ...names);
}

/** The same of anything that lies beside the project. */
export function sharedOf(t: ExecutionContext, ...names: string[]): string | undefined {
  const path = join(SHARED, ...names);
  if (existsSync(path)) return path;
  t.log(`skipped: ${path} is not there`);
  t.pass();
  return undefined;
}
