import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Has every Node process that starts while `run` runs load some CommonJS code before anything else. */
export async function withPreload<T>(folder: string, code: string, run: () => Promise<T>): Promise<T> {
  const script = join(folder, 'preload.cjs');
  writeFileSync(script, code);
  const before = process.env['NODE_OPTIONS'];
  process.env['NODE_OPTIONS'] = `--require ${script}`;
  try {
    return await run();
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  }
}
