import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { CompanionFile } from '../../src/pictures/companions.ts';
import { listFolder } from '../../src/pictures/folder.ts';
import { Listing } from '../../src/pictures/listing.ts';
import { type FolderObject, listObjects } from '../../src/pictures/object-folder.ts';
import type { PictureRow } from '../../src/pictures/picture-row.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';

type Files = Readonly<Record<string, string>>;

interface Listed {
  readonly rows: unknown[];
  readonly metadata: readonly string[];
  readonly notes: string[];
  readonly sizeBytes: number;
}

async function listed(rows: AsyncIterable<PictureRow>, listing: Listing): Promise<Listed> {
  const all: unknown[] = [];
  for await (const { tag: _, ...row } of rows) all.push(row);
  return {
    rows: all,
    metadata: listing.metadata,
    notes: listing.notes('there'),
    sizeBytes: listing.sizeBytes,
  };
}

/** Objects as a service lists them: by the bytes of their names. */
async function* objectsOf(files: Files): AsyncGenerator<FolderObject> {
  const paths = Object.keys(files).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const path of paths) yield { path, bytes: Buffer.byteLength(files[path]!), tag: `tag of ${path}` };
}

function elsewhere(files: Files, objects = objectsOf(files)) {
  const companion = ({ path, bytes }: FolderObject): CompanionFile => ({
    path: `there/${path}`,
    size: async () => bytes,
    read: async () => {
      if (files[path] === 'GONE') throw new Error('gone');
      return Buffer.from(files[path]!);
    },
  });
  return { objects, companion, isFatal: () => false };
}

async function compare(t: ExecutionContext, files: Files): Promise<Listed> {
  const folder = join(await makeFolder(t), 'there');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const [here, there] = [new Listing(), new Listing()];
  const ours = await listed(listObjects(elsewhere(files), there), there);
  const theirs = await listed(listFolder(folder, here), here);
  const named = { ...theirs, notes: theirs.notes.map((note) => note.replaceAll(folder, 'there')) };
  // Which of several are named first is nobody's concern.
  const counts = (found: Listed) => ({
    ...found,
    notes: found.notes.map((note) => note.replace(/:.*/s, '')),
  });
  t.deepEqual(counts(ours), counts(named));
  return ours;
}

test('objects are the rows of a folder of the same files, in its order, with the texts beside them', async (t) => {
  const { rows } = await compare(t, {
    ...{
      'a.jpg': 'x',
      'a.txt': 'a cat',
      'a.json': '{"n": 1}',
      'a.png': 'xy',
      'a.JPG.md': 'no',
      'a.b.jpg': 'x',
    },
    ...{
      'a.k/1.jpg': 'x',
      'a.k/1.txt': '',
      'a-b/2.jpg': 'xxx',
      'a/3.webp': '',
      'a/metadata.csv': 'x',
      'b.txt': 'of none',
    },
    ...{
      '.h/4.jpg': 'x',
      'c/.5.jpg': 'x',
      'c/x.tmp/6.jpg': 'x',
      'c/7.jpg.tmp': 'x',
      'metadata.jsonl': '{}',
      'z.jpg': 'x',
    },
    ...{ 'z.json': 'no JSON', 'y.json': '{}', 'y.jpg': 'x' },
  });
  t.is(rows.length, 8);
});

test('signs beyond U+FFFF stand where a folder has them, in files and in folders', async (t) => {
  const { rows } = await compare(t, {
    ...{
      'ａ.jpg': 'x',
      '😀.jpg': 'x',
      '😀.txt': 'smile',
      'ａ/ｂ.jpg': 'x',
      'ａ/😀.jpg': 'x',
      '😀/ｂ.jpg': 'x',
    },
    ...{ 'z.jpg': 'x', '\ue000.jpg': 'x', '\ud7ff.jpg': 'x', 'c/ａ.jpg': 'x', 'c/😀.jpg': 'x', 'd.jpg': 'x' },
  });
  t.is(rows.length, 11);
});

test('so it is for trees by chance', async (t) => {
  const random = randomNumbers(11);
  const pick = (values: readonly string[]): string => values[Math.floor(random() * values.length)]!;
  for (let tree = 0; tree < 12; tree++) {
    const files: Record<string, string> = {};
    const isTaken = (path: string) =>
      Object.keys(files).some(
        (other) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
      );
    for (let file = 0; file < 25; file++) {
      const folders = Array.from({ length: Math.floor(random() * 3) }, () =>
        pick(['a', 'a.b', 'a-', 'ｅ', '😀']),
      );
      const path = [
        ...folders,
        pick(['a', 'a.b', 'b', 'ｅ', '😀', '.h']) + pick(['.jpg', '.png', '.txt', '.json', '.md', '']),
      ].join('/');
      if (!isTaken(path)) files[path] = path.endsWith('.json') ? '{"a": 1}' : path;
    }
    await compare(t, files);
  }
});

test('a text that cannot be read is left out and told; where that is no fault of its own, the listing ends', async (t) => {
  const files = { 'a.jpg': 'x', 'a.txt': 'GONE' };
  const listing = new Listing();
  const { rows, notes } = await listed(listObjects(elsewhere(files), listing), listing);
  t.is(rows.length, 1);
  t.regex(notes.join('\n'), /1 of the texts beside images are left out: there\/a\.txt cannot be read/);
  const ending = { ...elsewhere(files), isFatal: () => true };
  await t.throwsAsync(listed(listObjects(ending, new Listing()), new Listing()), { message: 'gone' });
});

test('of a listing no more is taken than the rows need that are asked for', async (t) => {
  let taken = 0;
  const many = async function* (): AsyncGenerator<FolderObject> {
    for (;;) yield { path: `${String(taken++).padStart(9, '0')}.jpg`, bytes: 1 };
  };
  const rows = listObjects(elsewhere({}, many()), new Listing());
  for (let row = 0; row < 100; row++) await rows.next();
  await rows.return(undefined);
  t.true(taken < 200, `${taken}`);
});
