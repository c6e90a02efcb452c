import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { compileKernels } from '../../scripts/build-kernels.ts';
import { packageFolder } from '../../src/base/package.ts';

test('the committed kernels are what their sources compile to', async (t) => {
  for (const { path, text } of await compileKernels())
    t.is(
      readFileSync(join(packageFolder, path), 'utf8'),
      text,
      `${path}: run node .build/scripts/build-kernels.js`,
    );
});
