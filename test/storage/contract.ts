import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { openStorage, type Storage, type StoredObject } from '../../src/storage/storage.ts';
import { makeFolder } from '../helpers/make-folder.ts';

/** A sentence that is to be true of every backend. */
export interface ContractSentence {
  readonly title: string;
  readonly run: (t: ExecutionContext, storage: Storage, root: string) => Promise<void>;
}

/** What every place that is written to keeps. */
export const WRITING_SENTENCES: readonly ContractSentence[] = [
  {
    title: 'what is put is read back whole, by ranges and as a stream',
    run: async (t, storage, root) => {
      const bytes = pattern(300_000);
      await storage.put(`${root}/a/b.bin`, bytes);
      const found = await storage.stat(`${root}/a/b.bin`);
      t.is(found?.bytes, bytes.length);
      t.deepEqual(await storage.readRange(`${root}/a/b.bin`, 1000, 5), bytes.subarray(1000, 1005));
      t.deepEqual(
        await storage.readRange(found!.url, 299_999, 1, { tag: found?.tag }),
        bytes.subarray(299_999),
      );
      t.deepEqual(await streamOf(storage, `${root}/a/b.bin`), bytes);
    },
  },
  {
    title: 'an object of no bytes is one',
    run: async (t, storage, root) => {
      await storage.put(`${root}/empty`, new Uint8Array());
      t.is((await storage.stat(`${root}/empty`))?.bytes, 0);
      t.deepEqual(await streamOf(storage, `${root}/empty`), Buffer.alloc(0));
      t.deepEqual(await storage.readRange(`${root}/empty`, 0, 0), Buffer.alloc(0));
    },
  },
  {
    title: 'what is not there: no stat, an empty list, a delete that is no error, a read that says so',
    run: async (t, storage, root) => {
      t.is(await storage.stat(`${root}/nothing`), undefined);
      t.deepEqual(await listOf(storage, `${root}/nothing/`), []);
      await storage.delete(`${root}/nothing`);
      await t.throwsAsync(storage.readRange(`${root}/nothing`, 0, 4), { code: 'BB_STORAGE_NOT_FOUND' });
      await t.throwsAsync(streamOf(storage, `${root}/nothing`), { code: 'BB_STORAGE_NOT_FOUND' });
      await t.throwsAsync(storage.copy(`${root}/nothing`, `${root}/copy`), { code: 'BB_STORAGE_NOT_FOUND' });
    },
  },
  {
    title: 'a list has all below a folder, in the order of the bytes of their keys, with sizes and tags',
    run: async (t, storage, root) => {
      const names = ['list/b/2', 'list/a', 'list/ü', 'list/b/1', 'list/a b&c%20d+e', 'list/b-c', 'listed'];
      for (const [index, name] of names.entries()) await storage.put(`${root}/${name}`, pattern(index + 1));
      const listed = await listOf(storage, `${root}/list/`);
      t.deepEqual(
        listed.map(({ url }) => url.slice(root.length + 1)),
        ['list/a', 'list/a b&c%20d+e', 'list/b-c', 'list/b/1', 'list/b/2', 'list/ü'],
      );
      t.deepEqual(
        listed.map(({ bytes }) => bytes),
        [2, 5, 6, 4, 1, 3],
      );
      for (const { url, tag } of listed) t.is((await storage.stat(url))?.tag, tag);
      t.deepEqual(await storage.readRange(listed[1]!.url, 0, 5), pattern(5));
    },
  },
  {
    title: 'the first of many that put an object if there is none wins, and the others are told',
    run: async (t, storage, root) => {
      const tries = Array.from({ length: 8 }, (_, index) =>
        storage.putIfAbsent(`${root}/once.json`, Buffer.from(`writer ${index}`)),
      );
      const won = await Promise.all(tries);
      t.is(won.filter(Boolean).length, 1);
      t.is(String(await streamOf(storage, `${root}/once.json`)), `writer ${won.indexOf(true)}`);
      t.false(await storage.putIfAbsent(`${root}/once.json`, Buffer.from('later')));
      t.is(String(await streamOf(storage, `${root}/once.json`)), `writer ${won.indexOf(true)}`);
      t.is((await listOf(storage, `${root}/`)).length, 1);
    },
  },
  {
    title: 'a put replaces what was there, and changes its tag; a read with the old tag is refused',
    run: async (t, storage, root) => {
      await storage.put(`${root}/x`, Buffer.from('one'));
      const before = await storage.stat(`${root}/x`);
      await storage.put(`${root}/x`, Buffer.from('two'));
      const after = await storage.stat(`${root}/x`);
      t.not(after?.tag, before?.tag);
      t.is(String(await storage.readRange(`${root}/x`, 0, 3, { tag: after?.tag })), 'two');
      await t.throwsAsync(storage.readRange(`${root}/x`, 0, 3, { tag: before?.tag }), {
        code: 'BB_STORAGE_CHANGED',
      });
      await t.throwsAsync(streamOf(storage, `${root}/x`, before?.tag), { code: 'BB_STORAGE_CHANGED' });
    },
  },
  {
    title:
      'what is put in the place of an object with a tag is written where that stands still, and not where another or none does',
    run: async (t, storage, root) => {
      const url = `${root}/seen`;
      await storage.put(url, Buffer.from('one'));
      const first = (await storage.stat(url))!.tag!;
      t.true(await storage.putIfTag(url, Buffer.from('two'), first));
      t.false(await storage.putIfTag(url, Buffer.from('three'), first));
      t.is(String(await streamOf(storage, url)), 'two');
      const second = (await storage.stat(url))!.tag!;
      t.true(await storage.putIfTag(url, pattern(9 * 1024 * 1024), second));
      t.false(await storage.putIfTag(url, pattern(9 * 1024 * 1024 + 1), second));
      t.is((await storage.stat(url))!.bytes, 9 * 1024 * 1024);
      await storage.delete(url);
      for (const bytes of [1, 9 * 1024 * 1024]) t.false(await storage.putIfTag(url, pattern(bytes), second));
      t.is(await storage.stat(url), undefined);
    },
  },
  {
    title: 'a range that leads over the end is refused, not cut',
    run: async (t, storage, root) => {
      await storage.put(`${root}/short`, Buffer.from('1234'));
      await t.throwsAsync(storage.readRange(`${root}/short`, 2, 3), { code: 'BB_STORAGE_CHANGED' });
      await t.throwsAsync(storage.readRange(`${root}/short`, 9, 3), { code: 'BB_STORAGE_CHANGED' });
    },
  },
  {
    title: 'a copy has the bytes, also under a name with signs in it; the source stays',
    run: async (t, storage, root) => {
      await storage.put(`${root}/from ü+%/a b`, pattern(1000));
      await storage.copy(`${root}/from ü+%/a b`, `${root}/to/ü`);
      t.deepEqual(await streamOf(storage, `${root}/to/ü`), pattern(1000));
      t.deepEqual(await streamOf(storage, `${root}/from ü+%/a b`), pattern(1000));
      await storage.copy(`${root}/from ü+%/a b`, `${root}/to/ü`);
      await storage.delete(`${root}/from ü+%/a b`);
      t.is(await storage.stat(`${root}/from ü+%/a b`), undefined);
    },
  },
  {
    title: 'a file of this machine is put, also one that is too large for one request',
    run: async (t, storage, root) => {
      const path = join(await makeFolder(t), 'large.bin');
      const bytes = pattern(17 * 1024 * 1024);
      await writeFile(path, bytes);
      await storage.put(`${root}/large.bin`, path);
      t.true(bytes.equals(await streamOf(storage, `${root}/large.bin`)));
      t.false(await storage.putIfAbsent(`${root}/large.bin`, path));
      t.true(await storage.putIfAbsent(`${root}/large-2.bin`, path));
      t.is((await storage.stat(`${root}/large-2.bin`))?.bytes, bytes.length);
    },
  },
];

/** Bytes that tell where they lie. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8)) & 0xff;
  return bytes;
}

/** All of a stream. */
export async function streamOf(storage: Storage, url: string, tag?: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of storage.readStream(url, { tag })) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** All of a list. */
export async function listOf(storage: Storage, url: string): Promise<StoredObject[]> {
  const all: StoredObject[] = [];
  for await (const object of storage.list(url)) all.push(object);
  return all;
}

/** A storage whose waits are short, but for that on a server: a busy machine takes its time. */
export function quickStorage(url: string, attempts = 4, idleMs = 30_000): Promise<Storage> {
  return openStorage(url, { retry: { attempts, baseDelayMs: 2, maxDelayMs: 20, idleMs } });
}
