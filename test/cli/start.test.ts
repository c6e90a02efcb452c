import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const commandLine = new URL('../../src/cli/command-line.js', import.meta.url).href;

test('the command line starts without native packages: each command loads its own', (t) => {
  const script = `
    await import(${JSON.stringify(commandLine)});
    const { sharedObjects } = process.report.getReport();
    console.log(JSON.stringify(sharedObjects.filter((path) => path.includes('node_modules'))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  });
  t.is(stdout, '[]\n', stderr);
});
