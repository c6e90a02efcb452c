import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { isRunFile } from '../../../src/runs/run-files.ts';
import { expandInputs } from '../../../src/tables/inputs.ts';
import { makeFolder } from '../../helpers/make-folder.ts';

const FILES = [
  'a.csv',
  'sub/b.csv',
  'out/tags/00000.parquet',
  'out/metadata/metadata_00000.parquet',
  'out/c.csv',
];

async function makeFiles(folder: string): Promise<void> {
  for (const name of FILES) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), '');
  }
}

async function find(folder: string, inputs: readonly string[], out: string, isRun = true): Promise<string[]> {
  const output = { path: join(folder, out), writes: isRun ? isRunFile : undefined };
  const found = await expandInputs(
    inputs.map((input) => join(folder, input)),
    { output },
  );
  return found.map(({ path }) => path.slice(folder.length + 1));
}

test('an output folder within an input folder or pattern is no input, and that is said', async (t) => {
  const folder = await makeFolder(t);
  await makeFiles(folder);
  for (const input of ['.', '**/*', '*', '{a.csv,sub,out}/**', 'sub/../']) {
    const expected = ['a.csv', 'sub/b.csv'].filter((name) => input !== '*' || name === 'a.csv');
    t.deepEqual(await find(folder, [input], 'out'), expected, input);
    t.deepEqual(await find(folder, [input], 'out', false), expected, input);
  }
  const notes: string[] = [];
  const output = { path: join(folder, 'out'), writes: isRunFile };
  await expandInputs([folder], { output, onNote: (note) => notes.push(note) });
  t.regex(notes.join('\n'), /Passed over 3 files in .*out: what this command writes is none of its inputs/);
});

test('an output folder that is reached by a link is known', async (t) => {
  const folder = await makeFolder(t);
  await makeFiles(folder);
  await symlink(join(folder, 'out'), join(folder, 'link'));
  t.deepEqual(await find(folder, ['.'], 'link'), ['a.csv', 'sub/b.csv']);
});

test('inputs that lie in the run folder itself are read, but what a run writes there is not', async (t) => {
  const folder = await makeFolder(t);
  await makeFiles(folder);
  t.deepEqual(await find(folder, ['out'], 'out'), ['out/c.csv']);
  t.deepEqual(await find(folder, ['out/*.csv'], 'out'), ['out/c.csv']);
  t.deepEqual(await find(folder, ['out/c.csv'], 'out'), ['out/c.csv']);
});

test('a named input that the command would write over is refused', async (t) => {
  const folder = await makeFolder(t);
  await makeFiles(folder);
  const named = 'out/metadata/metadata_00000.parquet';
  await t.throwsAsync(find(folder, [named], 'out'), {
    code: 'BB_OUTPUT_FOLDER',
    message: /would write over it/,
  });
  await t.throwsAsync(find(folder, ['out/c.csv'], 'out', false), { code: 'BB_OUTPUT_FOLDER' });
  await t.throwsAsync(find(folder, ['out/tags'], 'out'), {
    code: 'BB_OUTPUT_FOLDER',
    message: /this command writes/,
  });
});

test('outputs of earlier commands within an input folder are told, and the files of stores are no input', async (t) => {
  const folder = await makeFolder(t);
  for (const [name, content] of [
    ...[
      ['a.json', '[]'],
      ['best/subset.json', '{}'],
      ['best/part-0.parquet', ''],
      ['best/high/part-1.parquet', ''],
    ],
    ...[
      ['store/CURRENT', ''],
      ['store/v0001/meta.json', '{}'],
    ],
  ] as const) {
    await mkdir(join(folder, name!, '..'), { recursive: true });
    await writeFile(join(folder, name!), content!);
  }
  const found = async (...inputs: string[]): Promise<[string[], string]> => {
    const notes: string[] = [];
    const files = await expandInputs(
      inputs.map((input) => join(folder, input)),
      { onNote: (note) => notes.push(note) },
    );
    return [files.map(({ path }) => path.slice(folder.length + 1)), notes.join('\n')];
  };
  const [files, notes] = await found('.');
  t.deepEqual(files, ['best/high/part-1.parquet', 'best/part-0.parquet']);
  t.regex(notes, /Among the inputs lies .*best \(a subset\): 2 files of it are read too/);
  t.regex(notes, /Passed over .*store: a store is no input file/);
  const [named, silence] = await found('best');
  t.deepEqual(named, files);
  t.notRegex(silence, /Among the inputs/);
  t.deepEqual((await found('**/*.json'))[0], ['a.json', 'best/subset.json']);
  await t.throwsAsync(found('store'), { code: 'BB_INPUT_NOT_FOUND', message: /bowerbird store export/ });
});
