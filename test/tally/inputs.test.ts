import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { resolveInputs } from '../../src/tally/inputs.ts';

test('files that are passed over, and links to one file, are told', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-tally-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['a.csv', 'notes.md']) await writeFile(join(folder, name), 'hash,aesthetic\n1,5\n');
  await symlink('a.csv', join(folder, 'b.csv'));
  const { files, notes } = await resolveInputs([folder]);
  t.is(files.length, 1);
  t.is(notes.length, 2);
  t.regex(notes.join('\n'), /1 of the paths found leads to files.*\n.*notes\.md/);
});
