import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import type { PageWindow } from '../../src/browse/page-data.ts';
import { writePictures, writeRun } from '../browse/world.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { startCli } from '../helpers/run-cli.ts';
import { until } from '../helpers/until.ts';

test('browse prints the address of a page, answers there, and ends with SIGINT, leaving nothing temporary', async (t) => {
  const folder = await makeFolder(t);
  const run = await writeRun(folder, [{ path: 'a.jpg', caption: 'A red bird', aesthetic: 5 }]);
  await writePictures(folder, ['a.jpg']);
  const command = startCli(['browse', run, '--port', '0']);
  const temporary = async (): Promise<string[]> => {
    const names = await readdir(tmpdir());
    return names.filter(
      (name) => name.startsWith('bowerbird-browse-') && name.includes(`-${command.process.pid}-`),
    );
  };
  await until(async () => command.stderr().includes('Ctrl-C ends it.'));
  const { origin, search } = new URL(/ open (\S+)/.exec(command.stderr())![1]!);
  const answer = await fetch(`${origin}/rows${search}&sort=aesthetic&count=60`);
  const { total, rows } = (await answer.json()) as PageWindow;
  t.like(
    { total, score: rows[0]!.scores[0], origin: rows[0]!.origin },
    { total: 1, score: 5, origin: 'input' },
  );
  t.is((await fetch(`${origin}/pictures/grid/0${search}`)).headers.get('content-type'), 'image/webp');
  t.is((await temporary()).length, 1);
  command.process.kill('SIGINT');
  const { exitCode, stdout, stderr } = await command.ended;
  t.is(exitCode, 130, stderr);
  t.is(stdout, '');
  t.deepEqual(await temporary(), []);
  await t.throwsAsync(fetch(`${origin}/${search}`));
});
