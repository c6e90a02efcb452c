import test from 'ava';
import { ShardWork } from '../../src/pipeline/shard-work.ts';
import { openShard } from './setup.ts';

const ROWS = [{ URL: 'http://a/1' }, { URL: 'http://a/2' }, { URL: 'http://a/3' }];
const FAILURE = { kind: 'failed', reason: 'timed_out', message: 'late' } as const;

async function isComplete(work: ShardWork): Promise<boolean> {
  return Promise.race([
    work.completed.then(() => true),
    new Promise<false>((end) => setImmediate(end, false)),
  ]);
}

test('a shard is complete once each row has ended, in whatever order', async (t) => {
  const work = new ShardWork(await openShard(t, ROWS), 2, ['aesthetic'], undefined);
  work.decoded(2, 30, 20);
  work.embedded(2, Float32Array.of(0.6, 0.8));
  work.failed(0, FAILURE);
  work.decoded(1, 10, 10);
  t.false(await isComplete(work));
  work.failed(1, { ...FAILURE, reason: 'embedding_invalid' });
  t.true(await isComplete(work));
  t.deepEqual(work.states, [
    FAILURE,
    { ...FAILURE, reason: 'embedding_invalid', width: 10, height: 10 },
    { kind: 'embedded', width: 30, height: 20 },
  ]);
});

test('embeddings lie by row, and rows without one stay zero; scores are unknown until a head gives them', async (t) => {
  const work = new ShardWork(await openShard(t, ROWS), 2, ['aesthetic', 'punsafe'], undefined);
  work.decoded(1, 10, 10);
  work.embedded(1, Float32Array.of(0.5, -0.5));
  t.deepEqual([...work.embeddings], [0, 0, 0.5, -0.5, 0, 0]);
  t.deepEqual(Object.keys(work.headScores), ['aesthetic', 'punsafe']);
  t.true(work.headScores.aesthetic!.every(Number.isNaN));
});

test('a row that was not decoded cannot be embedded', async (t) => {
  const work = new ShardWork(await openShard(t, ROWS), 2, [], undefined);
  t.throws(() => work.embedded(0, Float32Array.of(1, 0)), { message: /row 0 was embedded in state pending/ });
  work.failed(0, FAILURE);
  t.throws(() => work.embedded(0, Float32Array.of(1, 0)), { message: /in state failed/ });
});

test('a row that several models look at ends when the last of them has', async (t) => {
  const work = new ShardWork(await openShard(t, ROWS), 2, ['aesthetic', 'pwatermark'], undefined);
  for (const index of [1, 2]) work.failed(index, FAILURE);
  work.decoded(0, 30, 20, 2);
  t.false(work.isLastPart(0));
  work.tagged(0, 'pwatermark', 0.5);
  t.true(work.isLastPart(0));
  t.false(await isComplete(work));
  work.embedded(0, Float32Array.of(0.6, 0.8));
  t.true(await isComplete(work));
  t.is(work.headScores.pwatermark![0], 0.5);
});

test('a row without an embedding has no score, whichever model comes first', async (t) => {
  const work = new ShardWork(await openShard(t, ROWS), 2, ['pwatermark'], undefined);
  work.failed(2, FAILURE);
  for (const index of [0, 1]) work.decoded(index, 30, 20, 2);
  work.tagged(0, 'pwatermark', 0.5);
  work.failed(0, FAILURE);
  work.failed(1, FAILURE);
  t.false(await isComplete(work));
  work.tagged(1, 'pwatermark', 0.5);
  t.true(await isComplete(work));
  t.true(work.headScores.pwatermark!.every(Number.isNaN));
});
