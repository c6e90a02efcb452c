import { open } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { Foreground } from '../../src/browse/foreground.ts';
import type { PageDetail, PageState, PageWindow } from '../../src/browse/page-data.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { startServing, type WrittenRow, writePictures, writeRun } from './world.ts';

/** Two shards. */
const ROWS: readonly WrittenRow[] = Array.from({ length: 12 }, (_, i) => ({
  ...{ path: 'a.jpg', caption: `caption ${i} of these rows`, aesthetic: 9 - i / 2 },
}));

/** Makes the captions of a file unreadable, and nothing else. */
async function damageCaptions(path: string): Promise<void> {
  const { row_groups } = await parquetMetadataAsync(await asyncBufferFromFile(path));
  const caption = row_groups[0]!.columns.find((column) => column.meta_data!.path_in_schema[0] === 'caption')!;
  const { dictionary_page_offset, data_page_offset, total_compressed_size } = caption.meta_data!;
  const from = Number(dictionary_page_offset ?? data_page_offset);
  const handle = await open(path, 'r+');
  try {
    await handle.write(Buffer.alloc(Number(total_compressed_size), 0xff), 0, undefined, from);
  } finally {
    await handle.close();
  }
}

test('windows, pictures and single rows do not wait for captions', async (t) => {
  const folder = await makeFolder(t);
  const run = await writeRun(folder, ROWS);
  await writePictures(folder, ['a.jpg']);
  await damageCaptions(join(run, 'tags', '00001.parquet'));
  const { browse, json, ask } = await startServing(t, run);
  await t.throwsAsync(browse.read, { code: 'BB_SHARD_READ' });
  const state = await json<PageState>('/state');
  t.like(state, { isReady: true, areTextsRead: false, pictured: 12 });
  t.regex(state.failure!, /00001\.parquet/);
  const { total, rows } = await json<PageWindow>('/rows?sort=aesthetic&count=60');
  t.is(total, 12);
  t.deepEqual(
    rows.map(({ scores, caption }) => [scores[0], caption]),
    ROWS.map(({ aesthetic }) => [aesthetic, null]),
  );
  for (const row of [0, 11]) t.is((await ask(`/pictures/grid/${row}`)).status, 200, `${row}`);
  t.like(await json<PageDetail>('/rows/1?sort=aesthetic'), {
    ...{ position: 1, key: '000001', caption: 'caption 1 of these rows' },
    ...{ width: 96, height: 72 },
  });
});

test('what nobody waits for goes on when all that somebody waits for has ended, well or not, or at the end', async (t) => {
  const closing = new AbortController();
  const foreground = new Foreground(closing.signal);
  await foreground.quiet();
  const ends: ((failed: boolean) => void)[] = [];
  const work = (): Promise<void> =>
    foreground.run(
      () =>
        new Promise((resolve, reject) =>
          ends.push((failed) => (failed ? reject(new Error('x')) : resolve())),
        ),
    );
  const works = [work(), work()];
  const order: string[] = [];
  const quiet = foreground.quiet().then(() => order.push('quiet'));
  ends[0]!(true);
  await t.throwsAsync(works[0]!);
  order.push('one has ended');
  ends[1]!(false);
  await works[1];
  await quiet;
  t.deepEqual(order, ['one has ended', 'quiet']);

  void work();
  const last = foreground.quiet();
  closing.abort();
  await last;
  await foreground.quiet();
});
