import { writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { readEarlierShard } from '../../src/pipeline/earlier-shard.ts';
import { digestFile } from '../../src/runs/file-digest.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import type { ShardStats } from '../../src/runs/stats.ts';
import { writeSmallTable } from '../../src/tables/small-table.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const COLUMNS = [
  ...(['key', 'reason', 'error_message'] as const).map((name) => ({ name, type: 'string' as const })),
  ...(['original_width', 'original_height'] as const).map((name) => ({ name, type: 'int64' as const })),
  ...(['aesthetic', 'punsafe', 'pwatermark'] as const).map((name) => ({ name, type: 'float64' as const })),
];

/** A shard of one row, which failed for this reason. */
async function writeFailed(
  t: ExecutionContext,
  reason: string,
): Promise<{ folder: RunFolder; stats: ShardStats }> {
  const folder = new RunFolder(await makeFolder(t));
  await folder.create({ saveEmbeddings: false });
  const path = folder.tags(0);
  const nothing = {
    original_width: null,
    original_height: null,
    aesthetic: null,
    punsafe: null,
    pwatermark: null,
  };
  await writeSmallTable(path, COLUMNS, [{ key: '000000', reason, error_message: 'why', ...nothing }]);
  const files = { 'tags/00000.parquet': await digestFile(path) };
  return { folder, stats: { shard_id: 0, files } as never };
}

test('tags that are not what was written are not carried over', async (t) => {
  const { folder, stats } = await writeFailed(t, 'timed_out');
  await writeFile(folder.tags(0), 'other');
  await t.throwsAsync(readEarlierShard(folder, stats, { kept: { exif: false }, spreadTags: [] }), {
    code: 'BB_RUN_CORRUPT',
    message: /is damaged/,
  });
});

test('a reason that this version does not know is refused by its name', async (t) => {
  const { folder, stats } = await writeFailed(t, 'eaten_by_a_dog');
  await t.throwsAsync(readEarlierShard(folder, stats, { kept: { exif: false }, spreadTags: [] }), {
    code: 'BB_RUN_CORRUPT',
    message: /"eaten_by_a_dog"/,
  });
});
