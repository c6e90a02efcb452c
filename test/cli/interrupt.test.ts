import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { makeFolder } from '../helpers/make-folder.ts';

const INTERRUPT = fileURLToPath(new URL('../../src/cli/interrupt.js', import.meta.url));

test('the second signal ends a process at once whose thread waits for what never comes, after what is to be done at its exit', async (t) => {
  const pipe = join(await makeFolder(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  // Opening a pipe that nobody writes to holds a thread of libuv for good.
  const script = `
    import { open } from 'node:fs';
    import { withInterrupt } from ${JSON.stringify(INTERRUPT)};
    process.on('exit', () => console.log('exit'));
    setInterval(() => undefined, 1000);
    await withInterrupt(() => console.log('closing'), () => new Promise(() => {
      open(${JSON.stringify(pipe)}, 'r', () => undefined);
      console.log('began');
    }));`;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const run = spawn(process.execPath, ['--input-type=module', '-e', script]);
    t.teardown(() => run.kill('SIGKILL'));
    let printed = '';
    run.stdout.setEncoding('utf8');
    const ended = once(run, 'close');
    for await (const words of run.stdout) {
      printed += words;
      if (words.includes('began') || words.includes('closing')) run.kill(signal);
    }
    t.deepEqual(await ended, [null, signal]);
    t.is(printed, 'began\nclosing\nexit\n');
  }
});
