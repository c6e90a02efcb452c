import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { commitShard, partialsSink, type Sinks } from '../../src/runs/commit.ts';
import { readFinishedShard } from '../../src/runs/finished-shard.ts';
import type { ShardStats } from '../../src/runs/stats.ts';
import { BucketSums } from '../../src/scores/bucket-sums.ts';
import { decodePartials } from '../../src/tables/partials.ts';
import { commitRows, takeFolder, thumbnailOf } from './setup.ts';

test('files are written in the order of the format, whatever the order of the table, and the marker says what they are', async (t) => {
  const { folder, lock } = await takeFolder(t);
  const written: string[] = [];
  const write = async (path: string): Promise<void> => {
    written.push(path.split('/').at(-2)!);
    t.false(existsSync(folder.stats(0)));
    await writeFile(path, 'x');
  };
  const sinks: Sinks<object> = {
    thumbnails: { write },
    metadata: { write },
    partials: { write },
    tags: { write },
  };
  const stats = await commitRows({ folder, lock }, 1, [{ aesthetic: 6 }]);
  const describe = (files: ShardStats['files']): ShardStats => ({ ...stats, shard_id: 0, files });
  await commitShard({ folder, lock, shardId: 0, shard: {}, sinks, describe, replaced: undefined });
  t.deepEqual(written, ['tags', 'partials', 'metadata', 'thumbnails']);
  t.deepEqual(Object.keys((await readFinishedShard(folder.stats(0), 0))!.files), [
    ...['tags/00000.parquet', 'partials/00000.arrow'],
    ...['metadata/metadata_00000.parquet', 'thumbnails/00000.json'],
  ]);
});

test('a shard has no file whose sink does not want it', async (t) => {
  const place = await takeFolder(t);
  const without = await commitRows(place, 0, [{ aesthetic: 6 }]);
  t.false('thumbnails/00000.json' in without.files);
  const pictured = await commitRows(place, 1, [{ aesthetic: 6 }], { thumbnails: [thumbnailOf('1/0', 6)] });
  t.true('thumbnails/00001.json' in pictured.files);
});

test('a sink that fails leaves nothing of the shard behind', async (t) => {
  const { folder, lock } = await takeFolder(t);
  const sinks: Sinks<object> = {
    tags: { write: (path) => writeFile(path, 'x') },
    partials: {
      write: async (path) => {
        await writeFile(path, 'half');
        throw new Error('no more');
      },
    },
  };
  const describe = (): ShardStats => t.fail('asked for the stats') as never;
  await t.throwsAsync(
    commitShard({ folder, lock, shardId: 0, shard: {}, sinks, describe, replaced: undefined }),
    { message: 'no more' },
  );
  for (const part of ['tags', 'partials', 'stats']) t.deepEqual(await readdir(folder.file(part)), []);
});

test('partial sums are written as they are', async (t) => {
  const { folder } = await takeFolder(t);
  const sums = new BucketSums(2);
  sums.add(6.5, Float32Array.of(0.25, -1), 0);
  await partialsSink.write(folder.partials(0), { sums });
  t.deepEqual(decodePartials(await readFile(folder.partials(0))), sums.toPartials());
});
