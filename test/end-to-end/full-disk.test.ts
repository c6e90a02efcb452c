import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makePicture } from '../helpers/pictures.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { readSaved } from '../helpers/saved-samples.ts';
import { makeWorld, type World } from '../helpers/scored-world.ts';
import { mountSmallDisk } from '../helpers/small-disk.ts';

const ROWS = 8;
const IMAGE_BYTES = 2 ** 20;

/** Pictures that take much room: what follows the end of a JPEG is saved with it. */
async function makeLargeWorld(t: ExecutionContext): Promise<World> {
  const world = await makeWorld(t, { rowCount: ROWS });
  for (let row = 0; row < ROWS; row++) {
    const picture = await makePicture(row);
    const rest = Buffer.alloc(IMAGE_BYTES - picture.length, row);
    world.host.resources.set(`/${row}.jpg`, Buffer.concat([picture, rest]));
  }
  return world;
}

/** Scores a world in one shard and saves all images; gives what is said on stderr. */
async function score(t: ExecutionContext, world: World, out: string, exitCode: number): Promise<string> {
  const flags = [...LOOPBACK_FLAGS, '--save-images', 'scored', '--output-folder', out];
  const ended = await runCli(['score', world.shard, ...flags]);
  t.is(ended.exitCode, exitCode, ended.stderr);
  return ended.stderr;
}

/** No shard is taken for done, and nothing that is there of images has one of their names. */
async function expectNothingDone(t: ExecutionContext, out: string): Promise<void> {
  for (const folder of ['stats', 'images']) {
    const path = join(out, folder);
    t.deepEqual(existsSync(path) ? await readdir(path) : [], []);
  }
}

test('a disk without room for waiting images, or for a shard of them, ends the run; with room the same command saves them all', async (t) => {
  const disk = await mountSmallDisk(t, 4);
  if (!disk) return;
  const world = await makeLargeWorld(t);
  const out = join(disk.path, 'out');
  const full = await score(t, world, out, 1);
  t.regex(full, /\/\.staging\/.*images-00000.*\[BB_DISK_FULL\]/s);
  await expectNothingDone(t, out);
  await disk.resize(40);
  const refused = await score(t, world, out, 1);
  t.regex(refused, /The images of a shard need 8\.4 MB.*\[BB_DISK_FULL\]/s);
  await expectNothingDone(t, out);
  await disk.resize(80);
  await score(t, world, out, 0);
  const saved = await readSaved(out);
  for (let row = 0; row < ROWS; row++)
    t.true(saved[`00000000${row}.jpg`]!.equals(world.host.resources.get(`/${row}.jpg`) as Buffer), `${row}`);
});
