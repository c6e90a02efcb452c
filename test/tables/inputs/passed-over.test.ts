import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findPictures } from '../../../src/tables/inputs/pictures.ts';
import { type ExpandOptions, expandInputs } from '../../../src/tables/inputs.ts';
import { makeFolder } from '../../helpers/make-folder.ts';
import { startS3Server } from '../../helpers/s3-server.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment);
test.after.always(() => server.stop());

const TREE = [
  ...['ok/a.parquet', 'ok/_b.parquet', 'ok/.c.parquet', 'ok/d.parquet.tmp', 'ok/_SUCCESS', 'ok/_metadata'],
  ...['part.tmp/a.parquet', 'part.tmp/deep/.b.parquet', '.hid/a.parquet', '.hid/half.tmp/b.parquet'],
  ...['_temporary/0/a.parquet', '_dated/a.parquet', 'runs/00-a.csv', 'runs/07-b.csv', 'runs/11-c.csv'],
  ...['beside/00.parquet', 'beside/00.scores.parquet', 'beside/00_stats.json', 'tars/_a.tar', 'tars/.b.tar'],
];

/** What inputs lead to, from the root of the tree; what leads to nothing gives its code. */
type Find = (input: string, options?: ExpandOptions) => Promise<readonly string[] | string>;

/** The tree in a folder of this machine and below a prefix of the service. */
async function places(t: ExecutionContext): Promise<readonly (readonly [string, Find])[]> {
  const folder = await makeFolder(t);
  for (const path of TREE) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), path);
    server.hold('bucket', `tree/${path}`, path);
  }
  return [`${folder}/`, 's3://bucket/tree/'].map((root) => [root, findBelow(root)]);
}

function findBelow(root: string): Find {
  return async (input, options) => {
    try {
      return (await expandInputs([root + input], options)).map(({ path }) => path.slice(root.length));
    } catch (thrown) {
      return (thrown as { code: string }).code;
    }
  };
}

const SHOWN = ['ok/_b.parquet', 'ok/a.parquet'];
const NONE = 'BB_INPUT_NOT_FOUND';

/** Inputs below the root, and what each means. */
const MEANT: readonly (readonly [string, readonly string[] | string])[] = [
  ['ok', SHOWN],
  ['ok/', SHOWN],
  ['{ok,part.tmp}/*.parquet', [...SHOWN, 'part.tmp/a.parquet']],
  ['*k/*.parquet', SHOWN],
  ['*/a.parquet', ['_dated/a.parquet', 'ok/a.parquet']],
  ['**/a.parquet', ['_dated/a.parquet', 'ok/a.parquet']],
  ['!(beside|tars|_dated)/*.parquet', SHOWN],
  ['**/_b.parquet', ['ok/_b.parquet']],
  ['**/_*', ['ok/_b.parquet']],
  // What is named, as a folder, a file or the fixed part of a pattern, is meant whatever it is called.
  ['.hid', ['.hid/a.parquet']],
  ['.hid/*', ['.hid/a.parquet']],
  ['ok/.c.parquet', ['ok/.c.parquet']],
  ['part.tmp', ['part.tmp/a.parquet']],
  ['part.tmp/**', ['part.tmp/a.parquet']],
  ['_temporary', ['_temporary/0/a.parquet']],
  // A pattern means what it says of a name.
  ['.h*/*.parquet', ['.hid/a.parquet']],
  ['.h*/**/*.parquet', ['.hid/a.parquet']],
  ['.h*/*.tmp/*.parquet', ['.hid/half.tmp/b.parquet']],
  ['{ok,.hid}/*.parquet', ['.hid/a.parquet', ...SHOWN]],
  ['ok/.*.parquet', ['ok/.c.parquet']],
  ['*.tmp/*.parquet', ['part.tmp/a.parquet']],
  ['**/_temporary/**', ['_temporary/0/a.parquet']],
  ['ok/*.tmp', NONE],
  ['ok/_S*', NONE],
  // Ranges stand for names where there are wildcards too.
  ['runs/{00..07}-*.csv', ['runs/00-a.csv', 'runs/07-b.csv']],
  ['beside', ['beside/00.parquet']],
  ['beside/*', ['beside/00.parquet']],
  ['beside/*.json', ['beside/00_stats.json']],
];

test('what is passed over by its name, and what an input means, is the same here and elsewhere', async (t) => {
  for (const [place, find] of await places(t))
    for (const [input, meant] of MEANT) t.deepEqual(await find(input), meant, `${place}${input}`);
});

test('with a format for all names, markers stay none, and what is unfinished is read where it is meant', async (t) => {
  for (const [place, find] of await places(t)) {
    const parquet = (input: string) => find(input, { inputFormat: 'parquet' });
    t.deepEqual(await parquet('ok'), SHOWN, place);
    t.deepEqual(await parquet('ok/*.tmp'), ['ok/d.parquet.tmp'], place);
    t.deepEqual(await parquet('ok/_SUCCESS'), ['ok/_SUCCESS'], place);
  }
});

test('archives whose names begin with _ are read like others, here and elsewhere', async (t) => {
  for (const [root] of await places(t))
    for (const input of ['tars', 'tars/*.tar']) {
      const found = await findPictures([root + input], {});
      t.deepEqual(
        found?.map(({ path }) => path),
        [`${root}tars/_a.tar`],
      );
    }
});
