import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readQueueItems } from '../../src/feedback/queue-items.ts';
import { addToQueue } from '../../src/watch/review-queue.ts';
import { WatchFolder } from '../../src/watch/watch-folder.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const KEEP = { question: 'keep', mode: 'keep' } as const;

test('rows are added to a queue in their order, and once, however often they are added', async (t) => {
  const path = join(await makeFolder(t), 'queue.jsonl');
  const first = [
    { hash: '-7', key: '000000003' },
    { hash: null, key: '000000001' },
  ];
  t.deepEqual(await addToQueue(path, first, KEEP), { added: 2, total: 2 });
  const before = await readFile(path, 'utf8');
  t.deepEqual(await addToQueue(path, first, KEEP), { added: 0, total: 2 });
  t.is(await readFile(path, 'utf8'), before);
  t.deepEqual(await addToQueue(path, [...first, { hash: '9', key: '000000003' }], KEEP), {
    added: 1,
    total: 3,
  });
  const { items, problems } = await readQueueItems(path);
  t.deepEqual(problems.list(), []);
  t.deepEqual(
    items.map((item) => item.mode === 'keep' && item.sample),
    [{ hash: '-7', key: '000000003' }, { key: '000000001' }, { hash: '9', key: '000000003' }],
  );
  // The same pictures may be asked about in another way.
  t.like(await addToQueue(path, first, { question: 'aesthetic', mode: 'rating' }), { added: 2, total: 5 });
});

test('the folder of a watch is taken by one, says where it is, and is refused where its record is damaged', async (t) => {
  const path = join(await makeFolder(t), 'watched');
  const watch = await WatchFolder.open(path, '--to');
  t.deepEqual(watch.state, { nextRun: 0, nextShard: 0 });
  await t.throwsAsync(WatchFolder.open(path, '--to'), { code: 'BB_RUN_LOCKED' });
  await watch.advance({ nextRun: 2, nextShard: 5 });
  await watch.close();
  const again = await WatchFolder.open(path, '--to');
  t.deepEqual(again.state, { nextRun: 2, nextShard: 5 });
  await again.close();
  for (const damaged of [
    '',
    '[]',
    '{"format":"bowerbird-watch","version":2}',
    '{"format":"bowerbird-watch","version":1,"next_run":-1.5,"next_shard":0}',
  ]) {
    await writeFile(join(path, 'watch.json'), damaged);
    await t.throwsAsync(WatchFolder.open(path, '--to'), {
      code: 'BB_OUTPUT_FOLDER',
      message: /is not the record of a watch/,
    });
  }
});
