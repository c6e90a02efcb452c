import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { type FileSystem, withFileSystem } from '../../src/base/file-system.ts';
import { takeLock } from '../../src/base/lock.ts';
import { commitShard } from '../../src/runs/commit.ts';
import { readFinishedShard } from '../../src/runs/finished-shard.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { SAVED_SINKS } from '../../src/runs/saved-sinks.ts';
import { describeShard, emptyCounts, type ShardStats } from '../../src/runs/stats.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../src/saved/settings.ts';
import { Histogram } from '../../src/scores/histogram.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { expectTold, failEachCall, thrownBy } from '../helpers/failing-files.ts';
import { UNSYNCED } from '../helpers/interposed-files.ts';
import { THRESHOLDS } from '../runs/setup.ts';
import { type MadeImages, makeImages } from './setup.ts';

/** So large that an archive is written in two pieces. */
const COUNT = 2;
const BYTES = 600_000;

/** What the names begin with under which the images of a shard are written. */
const FIRST_WRITTEN: Readonly<Record<OutputFormat, string>> = {
  webdataset: '/images/.00000.tar',
  files: '/images/.00000.',
  parquet: '/images/.00000.parquet',
};

/** A run of which the images of a shard are committed. */
interface Commit extends Pick<MadeImages, 'openShard'> {
  readonly folder: RunFolder;
  readonly format: OutputFormat;
  readonly files: FileSystem;
}

async function commitImages({ folder, format, files, openShard }: Commit): Promise<ShardStats> {
  const lock = await takeLock(join(folder.path, '.lock'), (who) => new BowerbirdError('BB_RUN_LOCKED', who));
  const counts = {
    ...emptyCounts(),
    ...{ count: COUNT, successes: COUNT, kept: COUNT, status_dict: { success: COUNT } },
  };
  const times = { startMs: 0, endMs: 0 };
  const numbers = { download: 0, decode: 0, embed: 0 };
  const saved = openShard(format);
  try {
    return await withFileSystem(files, () =>
      commitShard({
        ...{ folder, lock, shardId: 0, sinks: SAVED_SINKS, replaced: undefined },
        shard: { saved, counts, ...times },
        describe: (staged) =>
          describeShard({
            ...{ shardId: 0, input: 'a', firstRow: 0, counts, ...times, thresholds: THRESHOLDS },
            ...{ stageSeconds: numbers, stageSlots: numbers, histogram: new Histogram(), files: staged },
          }),
      }),
    );
  } finally {
    await lock.release();
  }
}

/** What is hidden in a folder: files that have not got their names. */
async function hidden(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.tmp'));
}

for (const format of OUTPUT_FORMATS)
  test(`wherever the disk is full while images in the format ${format} are committed, it is told, nothing stays, and the next try gives the same bytes`, async (t) => {
    const images = await makeImages(t, { count: COUNT, bytes: BYTES });
    const written = new Set<string>();
    let whole: Awaited<ReturnType<typeof digestRun>> | undefined;
    await failEachCall(
      async (failing) => {
        const folder = new RunFolder(join(images.folder, failing.name));
        await folder.create({ savedImages: {} });
        const commit = { openShard: images.openShard, folder, format };
        const thrown = await thrownBy(() => commitImages({ ...commit, files: failing.files }));
        expectTold(t, thrown, failing, images.folder);
        t.is((await readFinishedShard(folder.stats(0), 0)) === undefined, thrown !== undefined);
        if (failing.failed) written.add(failing.failed.path);
        t.deepEqual(await hidden(folder.path), []);
        await commitImages({ ...commit, files: UNSYNCED });
        const digests = await digestRun(folder.path);
        whole ??= digests;
        t.deepEqual(digests, whole);
        t.deepEqual(await hidden(folder.path), []);
        await rm(folder.path, { recursive: true });
      },
      { codes: ['ENOSPC'], concerns: (_, call) => call === 'write' || call === 'mkdir' },
    );
    t.true([...written].some((path) => path.includes(FIRST_WRITTEN[format])));
  });
