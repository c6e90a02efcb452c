import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makePicture } from '../helpers/pictures.ts';
import { runCli } from '../helpers/run-cli.ts';
import { tarOf } from '../helpers/tar-archive.ts';

/** Samples in the first of two archives; the second has half as many. */
export const FIRST = 8;

/** A folder with a run, its subsets, its store and its sidecars, under the names that the documentation has for them. */
export interface ApiWorld {
  readonly folder: string;
  path(...names: string[]): string;
}

/** Makes it when it is first asked for, once for a test file, and removes it in the end. */
export function apiWorld(): () => Promise<ApiWorld> {
  let made: Promise<ApiWorld> | undefined;
  test.after.always(async () => {
    if (made) await rm((await made).folder, { recursive: true, force: true });
  });
  return () => {
    made ??= makeWorld();
    return made;
  };
}

/** Two archives of samples with captions and columns; one sample has no image, and a threshold drops some others. */
export async function makeWorld(): Promise<ApiWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-api-'));
  const path = (...names: string[]): string => join(folder, ...names);
  await mkdir(path('shards'));
  for (const [shard, count] of [FIRST, FIRST / 2].entries()) {
    const members = await Promise.all(Array.from({ length: count }, (_, i) => sampleMembers(shard, i)));
    await writeFile(path('shards', `0000${shard}.tar`), tarOf(members.flat()));
  }
  await run(
    'score',
    path('shards'),
    '--output-folder',
    path('out'),
    '--save-embeddings',
    '--min-aesthetic',
    '5.0',
    ...FLAGS,
  );
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
  return { folder, path };
}

const FLAGS = ['--processes-count', '1', '--batch-size', '2', '--number-sample-per-shard', '5'];

async function run(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await runCli(args);
  if (exitCode !== 0) throw new Error(stderr);
}

async function sampleMembers(
  shard: number,
  i: number,
): Promise<{ name: string; content: Buffer | string }[]> {
  const key = `0000${shard}000${i}`;
  const json = { key, url: `http://127.0.0.1/${key}.jpg`, license: i % 2 ? 'cc0' : null, similarity: i / 8 };
  return [
    ...(i === 3 ? [] : [{ name: `${key}.jpg`, content: Buffer.from(await makePicture(8 * shard + i)) }]),
    { name: `${key}.txt`, content: `\ufeffnaïve 😀 ${key}` },
    { name: `${key}.json`, content: JSON.stringify(json) },
  ];
}
