import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { hashTexts } from '../../src/samples/hash.ts';
import { runCli } from '../helpers/run-cli.ts';

/** A folder with a store in it. */
export interface StoreWorld {
  readonly folder: string;
  readonly store: string;
}

/** The hash of the sample `http://a/1.jpg`, `a tree`. */
export const HASH_OF_PAGE: bigint = hashTexts([Buffer.from('http://a/1.jpga tree')])[0]!;

/** A store of a few rows in a temporary folder, built by the command line. */
export async function buildWorld(t: ExecutionContext, ...flags: string[]): Promise<StoreWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-cli-store-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const rows = [
    'hash,prediction,punsafe',
    '-123,7.25,0.5',
    '5,,0.25',
    `${HASH_OF_PAGE},4.1,`,
    '9,,',
    ',3,1',
    '-7,0,0',
  ];
  await writeFile(join(folder, 'scores.csv'), rows.join('\n'));
  const store = join(folder, 'store');
  const built = await runCli([
    'store',
    'build',
    '--from',
    join(folder, 'scores.csv'),
    '--output',
    store,
    ...flags,
  ]);
  t.is(built.exitCode, 0, built.stderr);
  return { folder, store };
}
