import { readdirSync, statSync } from 'node:fs';
import { mkdir, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../random.ts';

const PAGE = 4096;

type Mutation = (path: string, random: Random) => Promise<string>;

function below(random: Random, count: number): number {
  return Math.floor(random.next() * count);
}

/** All that disks, copies and people do to a file. Each says what it did. */
const MUTATIONS: readonly Mutation[] = [
  changeBytes(1),
  changeBytes(2),
  changeBytes(2),
  changeBytes(2),
  changeBytes(2),
  changeBytes(16),
  flipBit,
  flipBit,
  cutShort,
  makeLonger,
  zeroPage,
  swapPages,
  copyPage,
  empty,
  remove,
  makeFolder,
];

/** Changes one file of a store, or takes a file from where another should be; gives a sentence. */
export async function damage(store: string, random: Random): Promise<string> {
  const files = filesOf(store);
  const path = files[below(random, files.length)]!;
  const mutation = MUTATIONS[below(random, MUTATIONS.length)]!;
  return `${path.slice(store.length + 1)}: ${await mutation(path, random)}`;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesOf(path) : [path]))
    .filter((path) => !path.endsWith('-lock'));
}

function changeBytes(count: number): Mutation {
  return async (path, random) => {
    const content = await readFile(path);
    // Half of them close together, as in one number.
    const first = below(random, content.length);
    const isRun = random.next() < 0.5;
    const places = Array.from({ length: count }, (_, i) =>
      isRun ? (first + i) % content.length : below(random, content.length),
    );
    for (const place of places) content[place] = content[place]! ^ (1 + below(random, 255));
    await writeFile(path, content);
    return `bytes ${places.join()} changed`;
  };
}

async function flipBit(path: string, random: Random): Promise<string> {
  const content = await readFile(path);
  const place = below(random, content.length);
  content[place]! ^= 1 << below(random, 8);
  await writeFile(path, content);
  return `a bit of byte ${place} changed`;
}

async function cutShort(path: string, random: Random): Promise<string> {
  const length = below(random, (await stat(path)).size);
  await truncate(path, length);
  return `cut to ${length} bytes`;
}

async function makeLonger(path: string, random: Random): Promise<string> {
  const bytes = Buffer.alloc(1 + below(random, 2 * PAGE), below(random, 256));
  await writeFile(path, bytes, { flag: 'a' });
  return `${bytes.length} bytes longer`;
}

async function zeroPage(path: string, random: Random): Promise<string> {
  const page = pageOf(path, random);
  await writePage(path, page, Buffer.alloc(lengthOf(path, page)));
  return `page ${page} is zeroes`;
}

async function swapPages(path: string, random: Random): Promise<string> {
  const [a, b] = [pageOf(path, random), pageOf(path, random)];
  const [first, second] = [await readPage(path, a), await readPage(path, b)];
  const length = Math.min(first.length, second.length);
  await writePage(path, a, second.subarray(0, length));
  await writePage(path, b, first.subarray(0, length));
  return `pages ${a} and ${b} are swapped`;
}

async function copyPage(path: string, random: Random): Promise<string> {
  const [from, to] = [pageOf(path, random), pageOf(path, random)];
  await writePage(path, to, (await readPage(path, from)).subarray(0, lengthOf(path, to)));
  return `page ${to} is a copy of page ${from}`;
}

async function empty(path: string): Promise<string> {
  await writeFile(path, '');
  return 'empty';
}

async function remove(path: string): Promise<string> {
  await rm(path);
  return 'removed';
}

async function makeFolder(path: string): Promise<string> {
  await rm(path);
  await mkdir(path);
  return 'a folder';
}

function pageOf(path: string, random: Random): number {
  return below(random, Math.ceil(statSync(path).size / PAGE));
}

function lengthOf(path: string, page: number): number {
  return Math.min(PAGE, statSync(path).size - page * PAGE);
}

async function readPage(path: string, page: number): Promise<Buffer> {
  return (await readFile(path)).subarray(page * PAGE, (page + 1) * PAGE);
}

async function writePage(path: string, page: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.write(bytes, 0, bytes.length, page * PAGE);
  } finally {
    await handle.close();
  }
}
