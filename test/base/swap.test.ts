import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { codeOf } from '../../src/base/errors.ts';
import { listFiles } from '../../src/base/files.ts';
import {
  journalPath,
  pendingSwaps,
  recoverSwaps,
  refuseUnfinished,
  type SwapEntry,
  swap,
} from '../../src/base/swap.ts';
import { makeFolder } from '../helpers/make-folder.ts';

/** A folder of old files, and new ones staged in it. */
async function makeOldAndNew(folder: string): Promise<SwapEntry[]> {
  for (const name of ['tags', 'means', '.new']) await mkdir(join(folder, name), { recursive: true });
  const write = (name: string, content: string): Promise<void> => writeFile(join(folder, name), content);
  await write('tags/0', 'old 0');
  await write('tags/mine', 'stays');
  await write('means/7', 'old 7');
  await write('run.json', 'old record');
  await write('.new/0', 'new 0');
  await write('.new/1', 'new 1');
  await write('.new/run.json', 'new record');
  const at = (name: string): string => join(folder, name);
  return [
    { staged: at('.new/0'), final: at('tags/0') },
    { staged: at('.new/1'), final: at('parts/deep/1') },
    { final: at('means/7') },
    { staged: at('.new/run.json'), final: at('run.json') },
  ];
}

async function contentOf(folder: string): Promise<Record<string, string>> {
  const paths = await listFiles(folder);
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')]),
    ),
  );
}

const NEW = { 'tags/0': 'new 0', 'tags/mine': 'stays', 'parts/deep/1': 'new 1', 'run.json': 'new record' };

test('a swap puts files in place, removes what has no successor, and leaves neither journal nor empty folder', async (t) => {
  const folder = await makeFolder(t);
  await swap(journalPath(folder, 'run'), await makeOldAndNew(folder));
  t.deepEqual(await contentOf(folder), NEW);
  t.deepEqual((await readdir(folder)).sort(), ['.new', 'parts', 'run.json', 'tags']);
});

test('a swap that was cut short after any of its steps is brought to its end, once or twice over', async (t) => {
  for (let steps = 0; steps <= 4; steps++) {
    const folder = await makeFolder(t);
    const entries = await makeOldAndNew(folder);
    const relative = (path: string): string => path.slice(folder.length + 1);
    const journal = {
      format: 'bowerbird-swap',
      version: 1,
      entries: entries.map(({ staged, final }) => ({
        staged: staged ? relative(staged) : null,
        final: relative(final),
      })),
    };
    await writeFile(journalPath(folder, 'run'), JSON.stringify(journal));
    for (const { staged, final } of entries.slice(0, steps)) {
      await mkdir(join(folder, 'parts/deep'), { recursive: true });
      await (staged ? rename(staged, final) : rm(final));
    }
    t.is(await recoverSwaps(folder), 1);
    t.deepEqual(await contentOf(folder), NEW, `after ${steps} steps`);
    t.is(await recoverSwaps(folder), 0);
  }
});

test('what was staged but not named by a journal changes nothing', async (t) => {
  const folder = await makeFolder(t);
  const entries = await makeOldAndNew(folder);
  const before = await contentOf(folder);
  await t.throwsAsync(
    swap(journalPath(folder, 'run'), [
      ...entries,
      { staged: join(folder, 'none'), final: join(folder, 'x') },
    ]),
    {
      code: 'BB_SHARD_WRITE',
    },
  );
  t.deepEqual(await contentOf(folder), before);
  t.deepEqual(await pendingSwaps(folder), []);
});

test('a folder takes the place of a folder', async (t) => {
  const folder = await makeFolder(t);
  for (const name of ['old', 'new']) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, name), name);
  }
  await swap(journalPath(folder, 'x'), [{ staged: join(folder, 'new'), final: join(folder, 'old') }]);
  t.deepEqual(await contentOf(folder), { 'old/new': 'new' });
});

test('of two swaps with one journal the first wins, and the other changes nothing', async (t) => {
  const folder = await makeFolder(t);
  await makeOldAndNew(folder);
  await writeFile(journalPath(folder, 'run'), '{}');
  const loser = swap(journalPath(folder, 'run'), [
    { staged: join(folder, '.new/0'), final: join(folder, 'tags/0') },
  ]);
  t.is(await loser.catch(codeOf), 'BB_SHARD_WRITE');
  t.is(await readFile(join(folder, 'tags/0'), 'utf8'), 'old 0');
});

const DAMAGED = [
  ['nothing', ''],
  ['another format', '{"format":"x","version":1,"entries":[]}'],
  [
    'a path above its folder',
    '{"format":"bowerbird-swap","version":1,"entries":[{"staged":null,"final":"a/../../victim"}]}',
  ],
  [
    'an absolute path',
    '{"format":"bowerbird-swap","version":1,"entries":[{"staged":null,"final":"/tmp/victim"}]}',
  ],
] as const;

for (const [what, content] of DAMAGED) {
  test(`a journal that holds ${what} is refused, and nothing is touched`, async (t) => {
    const folder = join(await makeFolder(t), 'run');
    await mkdir(folder);
    await writeFile(join(folder, '../victim'), 'lives');
    await writeFile(journalPath(folder, 'run'), content);
    await t.throwsAsync(recoverSwaps(folder), { code: 'BB_RUN_CORRUPT' });
    t.true((await stat(join(folder, '../victim'))).isFile());
  });
}

test('a reader waits for a swap that is under way, and refuses a folder in which one was cut short', async (t) => {
  const folder = await makeFolder(t);
  const journal = journalPath(folder, 'output');
  await refuseUnfinished([folder, join(folder, 'none')]);
  await writeFile(journal, '');
  const reading = refuseUnfinished([folder]);
  await rm(journal);
  await reading;
  await writeFile(journal, '');
  const error = await t.throwsAsync(refuseUnfinished([folder]), { code: 'BB_OUTPUT_UNFINISHED' });
  t.regex(error?.message ?? '', /Run that command again/);
});
