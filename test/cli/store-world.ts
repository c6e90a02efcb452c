import { rmSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExecutionContext, registerCompletionHandler } from 'ava';
import { hashTexts } from '../../src/samples/hash.ts';
import { runCli } from '../helpers/run-cli.ts';

/** A folder with a store in it. */
export interface StoreWorld {
  readonly folder: string;
  readonly store: string;
}

/** The hash of the sample `http://a/1.jpg`, `a tree`. */
export const HASH_OF_PAGE: bigint = hashTexts([Buffer.from('http://a/1.jpga tree')])[0]!;

/** Worlds by the flags that their store was built with, one of each: a test gets a copy. */
const templates = new Map<string, Promise<string>>();

/** A store of a few rows in a temporary folder, built by the command line. */
export async function buildWorld(t: ExecutionContext, ...flags: string[]): Promise<StoreWorld> {
  const key = flags.join(' ');
  if (!templates.has(key)) templates.set(key, buildTemplate(flags));
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-cli-store-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await cp(await templates.get(key)!, folder, { recursive: true });
  return { folder, store: join(folder, 'store') };
}

async function buildTemplate(flags: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-cli-store-'));
  registerCompletionHandler(() => rmSync(folder, { recursive: true, force: true }));
  const input = join(folder, 'scores.csv');
  const rows = [
    'hash,prediction,punsafe',
    '-123,7.25,0.5',
    '5,,0.25',
    `${HASH_OF_PAGE},4.1,`,
    '9,,',
    ',3,1',
    '-7,0,0',
  ];
  await writeFile(input, rows.join('\n'));
  const args = ['store', 'build', '--from', input, '--output', join(folder, 'store'), ...flags];
  const built = await runCli(args);
  if (built.exitCode !== 0) throw new Error(`store build ended with ${built.exitCode}: ${built.stderr}`);
  return folder;
}
