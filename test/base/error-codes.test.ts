import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { EXIT_CODES } from '../../src/base/error-codes.ts';
import { packageFolder } from '../../src/base/package.ts';

test('docs/errors.md lists every error code with its exit code, and no others', (t) => {
  const page = readFileSync(join(packageFolder, 'docs', 'errors.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(BB_\w+)` \| (\d+) \| \S/gm)].map(([, code, exit]) => [
    code,
    Number(exit),
  ]);
  t.deepEqual(Object.fromEntries(documented), EXIT_CODES);
  t.is(documented.length, Object.keys(EXIT_CODES).length);
});
