import test, { type ExecutionContext } from 'ava';
import { judgeShard, withSpreads } from '../../src/pipeline/judge.ts';
import { ShardWork } from '../../src/pipeline/shard-work.ts';
import type { Tag } from '../../src/samples/tags.ts';
import { createFilter } from '../../src/scores/filter.ts';
import type { ShardRow } from '../helpers/shard-builder.ts';
import { openShard } from './setup.ts';

const FILTER = createFilter({ minAesthetic: 5, maxPunsafe: 0.5, missingTags: 'drop' });

/** A shard of these rows, all embedded, with what the heads said of them. */
async function embedAll(
  t: ExecutionContext,
  rows: readonly ShardRow[],
  scores: Partial<Record<Tag, readonly number[]>>,
): Promise<ShardWork> {
  const work = new ShardWork(await openShard(t, rows), 1, Object.keys(scores) as Tag[], undefined);
  for (const index of rows.keys()) {
    work.decoded(index, 40, 30);
    for (const [tag, values] of Object.entries(scores)) work.headScores[tag as Tag]![index] = values[index]!;
    work.embedded(index, Float32Array.of(1));
  }
  return work;
}

test("a run's own aesthetic score goes before that of the input; of other tags the input's goes first", async (t) => {
  const rows = [
    { URL: 'http://a/1', aesthetic: 9.5, punsafe: 0.25 },
    { URL: 'http://a/2', aesthetic: 9.5, punsafe: null },
  ];
  const { tags } = judgeShard(
    await embedAll(t, rows, { aesthetic: [6, 7], punsafe: [0.75, 0.75] }),
    FILTER,
    false,
  );
  t.deepEqual([...tags.aesthetic], [6, 7]);
  t.deepEqual([...tags.punsafe], [0.25, 0.75]);
  t.true(tags.pwatermark.every(Number.isNaN));
});

test("where tags are computed anew, the heads' scores take the place of the input's, also of those that are missing", async (t) => {
  const rows = [
    { URL: 'http://a/1', punsafe: 0.25, pwatermark: 0.5 },
    { URL: 'http://a/2', punsafe: 0.25, pwatermark: 0.5 },
  ];
  const { tags } = judgeShard(await embedAll(t, rows, { punsafe: [0.75, Number.NaN] }), FILTER, true);
  t.deepEqual([...tags.punsafe], [0.75, Number.NaN]);
  t.deepEqual([...tags.pwatermark], [0.5, 0.5]);
});

test("an ensemble's spread stands beside its score, and not beside the input's own", async (t) => {
  const rows = [
    { URL: 'http://a/1', punsafe: 0.25 },
    { URL: 'http://a/2', punsafe: null },
  ];
  const work = await embedAll(t, rows, { punsafe: [0.75, 0.75] });
  for (const index of rows.keys()) work.noteSpread('punsafe', index, 0.5);
  const { results } = withSpreads(judgeShard(work, FILTER, false), work, ['aesthetic', 'punsafe']);
  t.deepEqual(results.further, [
    { name: 'aesthetic_std', values: Float32Array.of(Number.NaN, Number.NaN) },
    { name: 'punsafe_std', values: Float32Array.of(Number.NaN, 0.5) },
  ]);
});

test("without a head the input's aesthetic score is judged", async (t) => {
  const rows = [{ URL: 'http://a/1', aesthetic: 9.5, punsafe: 0.1 }];
  const { tags, results } = judgeShard(await embedAll(t, rows, {}), FILTER, false);
  t.deepEqual([...tags.aesthetic], [9.5]);
  t.is(results.kept[0], 1);
});

test('what is judged is the float32 that is written', async (t) => {
  const rows = [{ URL: 'http://a/1', punsafe: 0.1 }];
  const above = 5 + 1e-9;
  const { results } = judgeShard(await embedAll(t, rows, { aesthetic: [above] }), FILTER, false);
  t.is(results.aesthetic[0], 5);
  t.is(results.droppedBy[0], 'aesthetic');
});

test('a failed row has its reason and no verdict, and the size that was seen; the others are judged', async (t) => {
  const rows = [{ URL: 'http://a/1' }, { URL: 'http://a/2' }, { URL: 'http://a/3' }];
  const work = new ShardWork(await openShard(t, rows), 1, ['aesthetic'], undefined);
  work.failed(0, { kind: 'failed', reason: 'timed_out', message: 'late' });
  work.decoded(1, 40, 30);
  work.failed(1, { kind: 'failed', reason: 'embedding_invalid', message: 'no length' });
  work.decoded(2, 20, 10);
  work.headScores.aesthetic![2] = 8;
  work.embedded(2, Float32Array.of(1));
  const { results } = judgeShard(work, createFilter({ minAesthetic: 5, missingTags: 'drop' }), false);
  t.deepEqual(results.status, ['failed_to_download', 'failed_to_embed', 'success']);
  t.deepEqual(results.reason, ['timed_out', 'embedding_invalid', null]);
  t.deepEqual(results.errorMessage, ['late', 'no length', null]);
  t.deepEqual([...results.originalWidth], [0, 40, 20]);
  t.deepEqual([...results.kept], [0, 0, 1]);
  t.deepEqual(results.droppedBy, [null, null, null]);
});

test('a shard with a row that is still under way cannot be judged', async (t) => {
  const work = new ShardWork(await openShard(t, [{ URL: 'http://a/1' }]), 1, [], undefined);
  t.throws(() => judgeShard(work, FILTER, false), { message: 'row 0 has not ended' });
  work.decoded(0, 1, 1);
  t.throws(() => judgeShard(work, FILTER, false), { message: 'row 0 has not ended' });
});
