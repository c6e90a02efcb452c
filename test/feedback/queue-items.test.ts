import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import {
  checkQueueItem,
  lineOfQueueItem,
  type PairItem,
  type QueueItem,
  type QueueProblem,
  queueItemId,
  readQueueItems,
} from '../../src/feedback/queue-items.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { schemaChecker } from '../helpers/schemas.ts';
import { sample } from './records.ts';

const isValid = schemaChecker('queue-line.schema.json');

const pair: PairItem = {
  id: '3f2a9c0d1b7e5a44',
  question: 'aesthetic',
  mode: 'pair',
  left: sample(1),
  right: sample(2),
  why: 'variance',
  expected: 0.53,
};
const rating: QueueItem = {
  id: '00000000000000ff',
  question: 'useful',
  mode: 'rating',
  sample: { key: 'Zoë <b>' },
  why: 'random',
};

test('a queue file is read in its order; what is no item is counted with its first line, and stops nothing', async (t) => {
  const path = join(await makeFolder(t), 'queue.jsonl');
  const plain = { ...pair, id: '0000000000000001', why: 'audit' as const };
  delete (plain as { expected?: number }).expected;
  const text = [
    lineOfQueueItem(rating),
    lineOfQueueItem(pair),
    '',
    'hello',
    lineOfQueueItem({ ...rating, id: pair.id }),
    lineOfQueueItem(plain),
    '[]',
    'bye',
    lineOfQueueItem(rating).slice(0, -4),
  ].join('\n');
  await writeFile(path, text);
  const { items, problems } = await readQueueItems(path);
  t.deepEqual(items, [rating, pair, plain]);
  t.deepEqual(
    problems.list().map(({ problem, count, first }) => [problem, count, first.line]),
    [
      ['not-json', 2, 4],
      ['id-repeated', 1, 5],
      ['not-object', 1, 7],
      ['cut', 1, 9],
    ],
  );
  t.regex(problems.notes()[1]!, /It is line 5 of .*queue\.jsonl: an earlier line has its id/);
  await t.throwsAsync(readQueueItems(`${path}.none`), {
    code: 'BB_INPUT_NOT_FOUND',
    message: /no queue file/,
  });
});

const line = JSON.parse(lineOfQueueItem(pair)) as Record<string, unknown>;
const BROKEN: readonly (readonly [QueueProblem, unknown])[] = [
  ['not-object', 3],
  ['unknown-version', { ...line, v: 2 }],
  ['bad-id', { ...line, id: '3F2A9C0D1B7E5A44' }],
  ['bad-question', { ...line, question: 'Is it nice?' }],
  ['bad-mode', { ...line, mode: 'likes', sample: { key: 'a' } }],
  ['bad-why', { ...line, why: 'toString' }],
  ['bad-sample', { ...line, left: { hash: 5 } }],
  ['bad-sample', { ...line, mode: 'rating', sample: { key: 'a\u0000' } }],
  ['same-sample', { ...line, right: line['left'] }],
  ['bad-expected', { ...line, expected: 1.01 }],
];

test('the schema of queue lines takes what the reader takes, and nothing else that it can say', (t) => {
  for (const item of [pair, rating]) {
    const value: unknown = JSON.parse(lineOfQueueItem(item));
    t.true(isValid(value));
    t.deepEqual(checkQueueItem(value), item);
  }
  t.deepEqual(checkQueueItem({ ...line, v: undefined, note: 'x' }), pair);
  for (const [problem, value] of BROKEN) {
    t.is(checkQueueItem(value), problem);
    // A schema cannot compare two fields.
    t.is(isValid(value), problem === 'same-sample', problem);
  }
});

test('the same choice has the same id whichever side a sample is on; what is asked again has another', (t) => {
  const asked = { question: 'aesthetic', mode: 'pair', samples: [sample(1), sample(2)], round: 0 } as const;
  const id = queueItemId(asked);
  t.regex(id, /^[0-9a-f]{16}$/);
  t.is(queueItemId({ ...asked, samples: [sample(2), { hash: sample(1).hash! }] }), id);
  const others = [
    queueItemId({ ...asked, round: 1 }),
    queueItemId({ ...asked, question: 'useful' }),
    queueItemId({ ...asked, samples: [sample(1), sample(3)] }),
    queueItemId({ ...asked, mode: 'rating', samples: [sample(1)] }),
    queueItemId({ ...asked, mode: 'keep', samples: [sample(1)] }),
  ];
  t.is(new Set([id, ...others]).size, 6);
});
