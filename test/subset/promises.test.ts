import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import { OutputPlace } from '../../src/base/output-place.ts';
import type { SubsetOptions } from '../../src/subset/options.ts';
import { runSubset } from '../../src/subset/subset.ts';
import { endOwner, expectTold, failEachCall, thrownBy } from '../helpers/failing-files.ts';
import { brokenPromises } from '../helpers/promises.ts';
import { recordFiles } from '../helpers/recorded-files.ts';
import { makeFolder, optionsOf, readSubset, writeMetadata } from './world.ts';

/** Metadata of ten rows, and subsets of all rows and of half of them. */
async function makeInputs(folder: string): Promise<Record<'all' | 'half', Partial<SubsetOptions>>> {
  const rows = Array.from({ length: 10 }, (_, i) => ({
    URL: `http://host/${i}.jpg`,
    TEXT: `caption ${i}`,
    WIDTH: i,
    hash: BigInt(i),
  }));
  await writeMetadata(folder, [rows]);
  return { all: {}, half: { where: 'WIDTH >= 5', overwrite: true } };
}

test('a subset is on the disk, all of it, before it has its name; so is the one that replaces it', async (t) => {
  const folder = await makeFolder(t);
  const { all, half } = await makeInputs(folder);
  const out = join(folder, 'out');
  for (const [options, root] of [
    [all, folder],
    [half, out],
  ] as const) {
    const { files, calls } = recordFiles();
    await withFileSystem(files, () => runSubset(optionsOf(folder, options)));
    t.true(calls.some(({ from }) => from !== undefined));
    t.deepEqual(brokenPromises(calls, { folder: root }), []);
  }
});

for (const isThere of [false, true]) {
  test(`whatever call fails while a subset is made where ${isThere ? 'one was' : 'none was'}, there is the old or the new one`, async (t) => {
    const folder = await makeFolder(t);
    const { all, half } = await makeInputs(folder);
    const template = join(folder, 'template');
    await runSubset(optionsOf(folder, { ...all, outputFolder: template }));
    const isOutput = (path: string): boolean => /\/E[A-Z]+-\d+(\/|$)/.test(path);
    await failEachCall(
      async (failing) => {
        const parent = join(folder, failing.name);
        const outputFolder = join(parent, 'out');
        if (isThere) await cp(template, outputFolder, { recursive: true });
        const options = optionsOf(folder, { ...half, outputFolder });
        const thrown = await thrownBy(() => withFileSystem(failing.files, () => runSubset(options)));
        // The disk is full under the staging folder, which lies beside.
        expectTold(t, thrown, failing, parent);
        await endOwner(join(outputFolder, '.lock'));
        await endOwner(join(parent, '.out.lock'));
        await (await OutputPlace.take(outputFolder, { flag: '--output-folder' })).release();
        const rows = existsSync(outputFolder) ? (await readSubset(outputFolder)).length : 0;
        t.true(thrown === undefined ? rows === 5 : [isThere ? 10 : 0, 5].includes(rows));
        await runSubset(options);
        t.is((await readSubset(outputFolder)).length, 5);
        await rm(parent, { recursive: true });
      },
      { oneIn: 9, concerns: isOutput },
    );
  });
}
