import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { namesInBraces } from '../../../src/tables/inputs/braces.ts';
import { findPictures } from '../../../src/tables/inputs/pictures.ts';
import { expandInputs } from '../../../src/tables/inputs.ts';
import { makeFolder } from '../../helpers/make-folder.ts';

async function folderOf(t: ExecutionContext, names: readonly string[]): Promise<(name: string) => string> {
  const folder = await makeFolder(t);
  for (const name of names) await writeFile(join(folder, name), 'x');
  return (name) => join(folder, name);
}

/** As bash's manual and Python's braceexpand, which webdataset reads its lists of shards by, have them. */
const EXPANSIONS: readonly (readonly [string, readonly string[]])[] = [
  ['{08..11}.tar', ['08.tar', '09.tar', '10.tar', '11.tar']],
  ['{3..1}.tar', ['3.tar', '2.tar', '1.tar']],
  ['{0..6..3}.tar', ['0.tar', '3.tar', '6.tar']],
  ['{a..c}.tar', ['a.tar', 'b.tar', 'c.tar']],
  ['{b,a}.tar', ['b.tar', 'a.tar']],
  ['x{,y}.tar', ['x.tar', 'xy.tar']],
  ['{train,val{1,2}}.tar', ['train.tar', 'val1.tar', 'val2.tar']],
  ['{0..1}{a,b}.tar', ['0a.tar', '0b.tar', '1a.tar', '1b.tar']],
  ['{000..001,007}.tar', ['000..001.tar', '007.tar']],
  ['{{000..001},007}.tar', ['000.tar', '001.tar', '007.tar']],
];

for (const [pattern, names] of EXPANSIONS) {
  test(`${pattern} stands for ${names.join(' ')}`, async (t) => {
    const at = await folderOf(t, names);
    t.deepEqual(namesInBraces([at(pattern)]), names.map(at));
  });
}

test('a name that is not there is told, and no other is read in its place', async (t) => {
  const at = await folderOf(t, ['0.tar', '2.tar', '5.tar', '6.tar']);
  t.throws(() => namesInBraces([at('{0..7}.tar')]), {
    code: 'BB_INPUT_NOT_FOUND',
    message: `${at('{0..7}.tar')} stands for 8 names, of which 4 are not there: ${['1', '3', '4'].map((n) => at(`${n}.tar`)).join(', ')}, .... Check the range, or fetch what is missing.`,
  });
});

test('a name that has braces itself is a name', async (t) => {
  const at = await folderOf(t, ['{0..1}.tar', '{a}.tar', '0.tar', '1.tar']);
  for (const name of ['{0..1}.tar', '{a}.tar']) t.deepEqual(namesInBraces([at(name)]), [at(name)]);
  t.deepEqual(await findPictures([at('{0..1}.tar')], {}), [{ path: at('{0..1}.tar'), format: 'webdataset' }]);
});

test('a range that nobody means is refused before it is written out', (t) => {
  for (const pattern of ['{0..99999999}.tar', '{1..2000}{1..2000}.tar'])
    t.throws(() => namesInBraces([pattern]), { code: 'BB_USAGE', message: /more than 100000 names/ });
});

test('braces and wildcards go together, and of several patterns some may find nothing', async (t) => {
  const at = await folderOf(t, ['00-a.csv', '01-b.csv', '02-c.csv', '03-d.csv', '01-x.tar', '04-y.tar']);
  const pattern = at('{01..03}-*.{csv,parquet}');
  t.deepEqual(namesInBraces([pattern]), [pattern]);
  t.deepEqual(
    (await expandInputs([pattern])).map(({ path }) => path),
    ['01-b.csv', '02-c.csv', '03-d.csv'].map(at),
  );
  t.deepEqual(await findPictures([at('{00..01}-*.tar')], {}), [
    { path: at('01-x.tar'), format: 'webdataset' },
  ]);
});
