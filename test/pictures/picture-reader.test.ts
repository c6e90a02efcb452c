import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { PictureReader } from '../../src/pictures/picture-reader.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePipe } from '../helpers/make-pipe.ts';

test('what cannot be read ends under its reason, and holds no bytes', async (t) => {
  const folder = await makeFolder(t);
  const path = (name: string): string => join(folder, name);
  await writeFile(path('grown.jpg'), 'four');
  await mkdir(path('folder.jpg'));
  makePipe(path('pipe.jpg'));
  const reader = new PictureReader({ maxBytes: 100, maxBytesInFlight: 1000 });
  const reasonOf = async (name: string, bytes: number): Promise<string> => {
    const outcome = await reader.read({ file: path(name), bytes });
    return outcome.kind === 'failed' ? `${outcome.reason}: ${outcome.message}` : 'read';
  };
  t.is(await reasonOf('none.jpg', 3), 'image_missing: The file is not there');
  t.is(await reasonOf('grown.jpg/a.jpg', 3), 'image_missing: The file is not there');
  t.is(await reasonOf('grown.jpg', 3), 'file_unreadable: The file has changed since it was listed');
  t.is(await reasonOf('folder.jpg', 3), 'file_unreadable: The file has changed since it was listed');
  t.is(await reasonOf('pipe.jpg', 3), 'file_unreadable: The file has changed since it was listed');
  t.is(await reasonOf('grown.jpg', 101), 'file_too_large: The file is larger than the limit');
  t.is(await reasonOf('grown.jpg', 0), 'file_empty: The file is empty');
  t.is(reader.heldBytes, 0);
});

test('bytes at an offset are those of that part of the file', async (t) => {
  const folder = await makeFolder(t);
  const file = join(folder, 'archive');
  await writeFile(file, 'headIMAGEtail');
  const reader = new PictureReader({ maxBytes: 100, maxBytesInFlight: 1000 });
  const picture = await reader.read({ file, offset: 4, bytes: 5 });
  t.is(picture.kind === 'read' && picture.bytes.toString(), 'IMAGE');
  t.like(await reader.read({ file, offset: 10, bytes: 5 }), { reason: 'file_unreadable' });
});

test('images that are read and not released never hold more than the limit, and those that wait come in their turn', async (t) => {
  const folder = await makeFolder(t);
  const file = join(folder, 'a.jpg');
  await writeFile(file, Buffer.alloc(40));
  const reader = new PictureReader({ maxBytes: 100, maxBytesInFlight: 100 });
  const ended: number[] = [];
  const reads = [0, 1, 2, 3, 4].map(async (number) => {
    const picture = await reader.read({ file, bytes: 40 });
    ended.push(number);
    t.true(reader.heldBytes <= 100);
    return picture;
  });
  const [first, second] = await Promise.all(reads.slice(0, 2));
  t.is(reader.heldBytes, 80);
  if (first?.kind === 'read') {
    first.release();
    // Twice is once.
    first.release();
  }
  await reads[2];
  t.is(reader.heldBytes, 80);
  if (second?.kind === 'read') second.release();
  const third = await reads[2]!;
  if (third.kind === 'read') third.release();
  await Promise.all(reads);
  t.deepEqual([...ended].sort(), [0, 1, 2, 3, 4]);
});
