import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePicture } from './pictures.ts';
import { tarOf } from './tar-archive.ts';

/** Samples in the first of two archives; the second has half as many. */
const FIRST = 8;

/** Runs a command of the tool to its end, and throws where it fails. */
type Run = (...args: string[]) => Promise<void>;

/** What every `score` over it takes. */
export const WORLD_FLAGS: readonly string[] = [
  '--processes-count',
  '1',
  '--batch-size',
  '2',
  '--min-aesthetic',
  '5.0',
];

/**
 * Fills a folder with a run over two archives, its subsets, its store and its sidecars, under the names that the documentation has for
 * them. Samples have captions and columns; one of each archive has no image, and a threshold drops some others.
 */
export async function fillWorld(folder: string, run: Run): Promise<void> {
  const path = (...names: string[]): string => join(folder, ...names);
  await mkdir(path('shards'));
  for (const [shard, count] of [FIRST, FIRST / 2].entries()) {
    const members = await Promise.all(Array.from({ length: count }, (_, i) => sampleMembers(shard, i)));
    await writeFile(path('shards', `0000${shard}.tar`), tarOf(members.flat()));
  }
  const score = [
    'score',
    path('shards'),
    '--output-folder',
    path('out'),
    '--save-embeddings',
    ...WORLD_FLAGS,
  ];
  await run(...score, '--number-sample-per-shard', '5');
  await run('sidecars', path('out'));
  await run('subset', '--metadata', path('out'), '--min-aesthetic', '5.0', '--output-folder', path('best'));
  await run('subset', '--metadata', path('out'), '--cut', '4,5', '--output-folder', path('cuts'));
  await run(
    'store',
    'build',
    '--from',
    path('out'),
    '--output',
    path('laion.store'),
    '--precision',
    'float32',
  );
}

async function sampleMembers(
  shard: number,
  i: number,
): Promise<{ name: string; content: Buffer | string }[]> {
  const key = `0000${shard}000${i}`;
  const json = { key, url: `http://127.0.0.1/${key}.jpg`, license: i % 2 ? 'cc0' : null, similarity: i / 8 };
  return [
    ...(i === 3 ? [] : [{ name: `${key}.jpg`, content: await makePicture(8 * shard + i) }]),
    { name: `${key}.txt`, content: `naïve 😀 ${key}` },
    { name: `${key}.json`, content: JSON.stringify(json) },
  ];
}
