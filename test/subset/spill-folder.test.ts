import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ownerName } from '../../src/base/temporary-folder.ts';
import { OutputFolder } from '../../src/subset/output-folder.ts';
import { makeFolder } from '../helpers/make-folder.ts';

test('what a killed subset has spilled goes with the next, whatever that writes', async (t) => {
  const folder = await makeFolder(t);
  const spill = join(folder, 'spill');
  const [machine] = ownerName().split('-');
  // No process has this number.
  await mkdir(join(spill, `bowerbird-subset-${machine}-99999999-1-0123456789abcdef`), { recursive: true });
  await mkdir(join(spill, 'mine'));
  const output = new OutputFolder({
    outputFolder: join(folder, 'out'),
    overwrite: false,
    temporaryFolder: spill,
  });
  await output.open([]);
  t.is((await readdir(spill)).length, 2);
  await output.close();
  t.deepEqual(await readdir(spill), ['mine']);
});
