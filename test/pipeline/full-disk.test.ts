import { existsSync } from 'node:fs';
import { appendFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import { checkValues } from '../../src/cli/flags.ts';
import { scoreConfig } from '../../src/cli/score-config.ts';
import { SCORE_FLAGS } from '../../src/cli/score-flags.ts';
import { runScore } from '../../src/pipeline/score.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../src/saved/settings.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { interpose, UNSYNCED } from '../helpers/interposed-files.ts';
import { makePicture } from '../helpers/pictures.ts';
import { makeWorld, type World } from '../helpers/scored-world.ts';
import { mountSmallDisk } from '../helpers/small-disk.ts';

const ROWS = 8;
const IMAGE_BYTES = 2 ** 20;
const PIECE = Buffer.alloc(2 ** 16);

/** Pictures that take much room: what follows the end of a JPEG is saved with it. */
async function makeLargeWorld(t: ExecutionContext): Promise<World> {
  const world = await makeWorld(t, { rowCount: ROWS });
  for (let row = 0; row < ROWS; row++) {
    const picture = await makePicture(row);
    world.host.resources.set(
      `/${row}.jpg`,
      Buffer.concat([picture, Buffer.alloc(IMAGE_BYTES - picture.length, row)]),
    );
  }
  return world;
}

/** Scores a world in one shard and saves all images. */
async function score(world: World, out: string, format: OutputFormat): Promise<unknown> {
  const defaults = Object.entries(SCORE_FLAGS).map(([name, flag]) => [name, flag.default]);
  const values = checkValues(SCORE_FLAGS, {
    ...Object.fromEntries(defaults),
    ...{ 'output-folder': out, 'allow-private-addresses': true, 'processes-count': '1', 'batch-size': '8' },
    ...{ 'save-images': 'scored', 'output-format': format },
  });
  const config = scoreConfig(values, [world.shard], 'bowerbird score');
  return runScore(config, new ScoreProgress(), new AbortController().signal);
}

/** No shard is taken for done, and what is there of images has none of their names. */
async function expectNothingDone(t: ExecutionContext, out: string): Promise<void> {
  t.deepEqual(await readdir(join(out, 'stats')), []);
  const images = join(out, 'images');
  t.deepEqual(existsSync(images) ? await readdir(images) : [], []);
}

/** Takes all room that a disk has left. */
async function fill(path: string): Promise<void> {
  for (;;) {
    try {
      await appendFile(path, PIECE);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw thrown;
    }
  }
}

test('a disk without room for waiting images, or for a shard of them, ends the run; with room the same command ends it as if nothing had been', async (t) => {
  const disk = await mountSmallDisk(t, 4);
  if (!disk) return;
  const world = await makeLargeWorld(t);
  const [out, whole] = [join(disk.path, 'out'), world.path('whole')];
  await withFileSystem(UNSYNCED, async () => {
    const full = { code: 'BB_DISK_FULL', message: /\/\.staging\/.*images-00000/ };
    await t.throwsAsync(score(world, out, 'webdataset'), full);
    await expectNothingDone(t, out);
    await disk.resize(40);
    const refused = { code: 'BB_DISK_FULL', message: /The images of a shard need 8\.4 MB/ };
    await t.throwsAsync(score(world, out, 'webdataset'), refused);
    await expectNothingDone(t, out);
    await disk.resize(80);
    await score(world, out, 'webdataset');
    await score(world, whole, 'webdataset');
  });
  t.deepEqual(await digestRun(out), await digestRun(whole));
});

/** A name of what is written of a shard's images in each format, when some of them have been written. */
const WRITTEN_LATE: Readonly<Record<OutputFormat, RegExp>> = {
  webdataset: /00000\.tar/,
  files: /000000004\.jpg/,
  parquet: /00000\.parquet/,
};

for (const format of OUTPUT_FORMATS)
  test(`a disk that fills up while images are written as ${format} leaves none that is taken for whole`, async (t) => {
    const disk = await mountSmallDisk(t, 80);
    if (!disk) return;
    const world = await makeLargeWorld(t);
    const [out, whole, filler] = [join(disk.path, 'out'), world.path('whole'), join(disk.path, 'filler')];
    const filling = interpose(async (call, run) => {
      if (call.call === 'write' && WRITTEN_LATE[format].test(call.path) && !existsSync(filler))
        await fill(filler);
      return run();
    });
    await t.throwsAsync(
      withFileSystem(filling, () => score(world, out, format)),
      { code: 'BB_DISK_FULL' },
    );
    t.true(existsSync(filler));
    await expectNothingDone(t, out);
    await rm(filler);
    await withFileSystem(UNSYNCED, async () => {
      await score(world, out, format);
      await score(world, whole, format);
    });
    t.deepEqual(await digestRun(out), await digestRun(whole));
  });
