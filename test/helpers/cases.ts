import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

/** Inputs that once went wrong, beside the project; not every machine has them. */
const CASES = fileURLToPath(new URL('../../../../shared/cases/', import.meta.url));

/** The path of a case; undefined, with the reason in the log, where the cases are not there. */
export function caseOf(t: ExecutionContext, ...names: string[]): string | undefined {
  const path = join(CASES, ...names);
  if (existsSync(path)) return path;
  t.log(`skipped: ${path} is not there`);
  t.pass();
  return undefined;
}
