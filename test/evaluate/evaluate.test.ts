import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { writeRows } from '../../scripts/write-rows.ts';
import { evaluationRecord } from '../../src/evaluate/record.ts';
import type { Answer, KeepAnswer } from '../../src/feedback/answer.ts';
import { lineOfQueueItem, queueItemId } from '../../src/feedback/queue-items.ts';
import { loadHead } from '../../src/heads/load.ts';
import { placeOf } from '../../src/learn/split.ts';
import { rating } from '../feedback/records.ts';
import { valueProblems } from '../helpers/schemas.ts';
import {
  type Collection,
  DIMENSION,
  keeps,
  likes,
  makeCollection,
  pairs,
  ratings,
} from '../learn/collection.ts';
import { makeFolder } from '../rescore/setup.ts';
import { evaluate, hiddenHead, otherHead, trainOn, writeHead } from './world.ts';

const figure = (evaluation: Awaited<ReturnType<typeof evaluate>>, name: string, head = 0, part = 0) =>
  evaluation.parts[part]!.heads[head]!.figures[name]!.value;

test('a head that was trained here sees held-out samples alone, where its figures are those of its training', async (t) => {
  const collection = await makeCollection(t);
  const feedback = await collection.write('ratings.jsonl', ratings(collection));
  const trained = await trainOn(collection, feedback, 'ridge');
  const other = await otherHead(collection);
  const evaluation = await evaluate(collection, { heads: [trained, other], feedback: [feedback] });
  const held = (trained.record['measures'] as Record<string, Record<string, number>>)['held_out']!;
  t.deepEqual(evaluation.heldOutOnly, [true, false]);
  t.is(evaluation.parts[0]!.heads[0]!.count, held['count']!);
  t.is(evaluation.parts[0]!.heads[1]!.count, 300);
  for (const [name, said] of [
    ['rmse', 'rmse'],
    ['bias', 'bias'],
    ['pearson', 'correlation'],
  ] as const)
    t.true(Math.abs(figure(evaluation, name)! - held[said]!) < 1e-6, name);
  const compared = evaluation.parts[0]!.comparisons.find(({ measure }) => measure === 'spearman')!;
  t.true(compared.difference! > 0.5 && compared.pHolm! < 0.02 && compared.interval!.low > 0);
  const onHeldOut = await evaluate(collection, {
    ...{ heads: [trained, other], feedback: [feedback], takesAll: false },
  });
  t.is(onHeldOut.parts[0]!.heads[1]!.count, held['count']!);
  t.deepEqual(onHeldOut.parts[0]!.comparisons, evaluation.parts[0]!.comparisons);
});

test('pairs: accuracy and log loss are those of the training, and the head in mind is always right', async (t) => {
  const collection = await makeCollection(t);
  const feedback = await collection.write('pairs.jsonl', pairs(collection, 1500));
  const trained = await trainOn(collection, feedback, 'bradley-terry');
  const hidden = await hiddenHead(collection);
  const evaluation = await evaluate(collection, { heads: [trained, hidden], feedback: [feedback] });
  const held = (trained.record['measures'] as Record<string, Record<string, number>>)['held_out_both_sides']!;
  t.is(evaluation.parts[0]!.heads[0]!.count, held['count']!);
  t.true(Math.abs(figure(evaluation, 'pair_accuracy')! - held['accuracy']!) < 1e-12);
  t.true(Math.abs(figure(evaluation, 'log_loss')! - held['log_loss']!) < 1e-4);
  t.is(figure(evaluation, 'pair_accuracy', 1), 1);
  t.is(figure(evaluation, 'log_loss', 1), null);
  t.is(evaluation.parts[0]!.heads[0]!.details.calibrationOf, 'chances');
});

test('keeps: the area under the curve, chances of heads that give them, and samples of which as many say yes as no', async (t) => {
  const collection = await makeCollection(t);
  const [first, ...others] = keeps(collection) as KeepAnswer[];
  const answer = first!.answer === 'keep' ? 'leave' : 'keep';
  const doubt: KeepAnswer = { ...first!, id: 'doubt', rater: 'bob', answer };
  const feedback = await collection.write('keeps.jsonl', [first!, doubt, ...others]);
  const trained = await trainOn(collection, feedback, 'logistic');
  const hidden = await hiddenHead(collection);
  const evaluation = await evaluate(collection, {
    ...{ heads: [hidden, trained], feedback: [feedback], scoreThreshold: 5 },
  });
  t.is(figure(evaluation, 'auroc'), 1);
  t.is(evaluation.parts[0]!.heads[0]!.count, 299);
  t.is(figure(evaluation, 'log_loss'), null);
  t.true(figure(evaluation, 'log_loss', 1)! > 0 && figure(evaluation, 'log_loss', 1)! < 0.5);
  const { above, good } = evaluation.parts[0]!.heads[0]!.details.aboveThreshold!;
  t.is(above, good);
  t.is(evaluation.parts[0]!.heads[1]!.details.calibrationOf, 'chances');
});

test('likes: errors in the unit of scores and in likes, by ranges', async (t) => {
  const collection = await makeCollection(t);
  const feedback = await collection.write('likes.jsonl', likes(collection));
  const { hidden } = collection;
  const length = Math.hypot(...hidden);
  const weights = hidden.map((weight) => (4 * weight) / length);
  const head = await writeHead(collection, 'likes', weights, {
    label: { transform: 'log1p', unit: 'likes' },
    layers: [{ weights: [weights], bias: [4], activation: 'none' }],
  });
  const plain = await hiddenHead(collection);
  const evaluation = await evaluate(collection, {
    ...{ heads: [head, plain], feedback: [feedback], rangesLikes: [20, 200], goodFromLikes: 100 },
  });
  t.true(figure(evaluation, 'rmse')! < 1e-6);
  t.true(figure(evaluation, 'rmse_in_likes')! < 1e-3);
  t.is(figure(evaluation, 'rmse_in_likes', 1), null);
  t.is(figure(evaluation, 'spearman', 1), 1);
  t.is(figure(evaluation, 'auroc', 1), 1);
  // A rating of 7 and 7 likes are two things.
  const both = await collection.write('both.jsonl', [...likes(collection), ...ratings(collection)]);
  const notes: string[] = [];
  const ofRatings = {
    heads: [head, plain],
    feedback: [both],
    goodFrom: 7,
    ranges: [5],
    rangesLikes: [50, 500],
  };
  const { parts } = await evaluate(collection, ofRatings, notes);
  t.deepEqual(parts.map(({ truth: { mode }, heads: [own] }) => [mode, own!.details.roc.length > 0]).sort(), [
    ['likes', false],
    ['rating', true],
  ]);
  const detailsOf = (mode: string, head: number): (typeof parts)[number]['heads'][number]['details'] =>
    parts.find(({ truth }) => truth.mode === mode)!.heads[head]!.details;
  t.deepEqual(
    detailsOf('rating', 1).ranges.map(({ from, to }) => [from, to]),
    [
      [null, 5],
      [5, null],
    ],
  );
  t.is(detailsOf('likes', 0).rangesInLikes[1]!.to, 500);
  t.notRegex(notes.join(), /good-from|ranges/);
  const ofLikes = { heads: [head], feedback: [feedback], goodFrom: 7, ranges: [5] };
  await evaluate(collection, ofLikes, notes);
  t.regex(
    notes.join('\n'),
    /^--good-from is of ratings, and the answers are likes: give --good-from-likes\.$/m,
  );
  t.regex(notes.join('\n'), /^--ranges is of ratings, and the answers are likes: give --ranges-likes\.$/m);
  const { ranges, rangesInLikes, ranking } = evaluation.parts[0]!.heads[0]!.details;
  t.deepEqual(
    rangesInLikes.map(({ from, to }) => [from, to]),
    [
      [null, 20],
      [20, 200],
      [200, null],
    ],
  );
  t.is(ranges[0]!.to, Math.log1p(20));
  t.deepEqual(
    ranges.map(({ errors }) => errors!.count),
    rangesInLikes.map(({ errors }) => errors!.count),
  );
  t.deepEqual(
    ranking.map(({ k, accuracy }) => [k, accuracy]),
    [
      [2, 1],
      [5, 1],
      [10, 1],
    ],
  );
});

test('a head that was copied without its record, or a checkpoint of it, is held against held-out samples alone', async (t) => {
  const collection = await makeCollection(t);
  const feedback = await collection.write('ratings.jsonl', ratings(collection));
  const { path } = await trainOn(collection, feedback, 'ridge');
  const copied = { name: 'copied', path: collection.path('copied.safetensors') };
  await copyFile(path, copied.path);
  // A record of another head says nothing of this one.
  const beside = await trainOn(collection, feedback, 'mlp');
  const swapped = { name: 'swapped', path: join(dirname(beside.path), 'other.safetensors') };
  await copyFile(path, swapped.path);
  const hidden = await hiddenHead(collection);
  const notes: string[] = [];
  const options = { heads: [copied, swapped, hidden], feedback: [feedback] };
  const evaluation = await evaluate(collection, options, notes);
  t.deepEqual(evaluation.heldOutOnly, [true, true, false]);
  const [ofCopied, ofSwapped, ofHidden] = evaluation.parts[0]!.heads.map(({ count }) => count);
  t.true(ofCopied! < 60 && ofCopied === ofSwapped);
  t.is(ofHidden, 300);
  t.deepEqual(notes, [
    'Nothing states what hidden learned from. With --all it is held against all samples: where it has learned from some of them, its figures are too good.',
  ]);
  const { feedback_digest: digest, question, mode } = beside.record;
  t.like((await loadHead(copied.path, {})).training, {
    feedbackDigest: digest,
    question,
    mode,
    method: 'ridge',
  });
});

/** A table of the person's opinion, by hash or by key. */
async function writeScores(collection: Collection, by: 'hash' | 'key'): Promise<string> {
  const path = collection.path(`by-${by}.parquet`);
  const name = (i: number) => (by === 'hash' ? BigInt(i) * 7919n ** 4n - 2n ** 61n : `0000${i}`);
  await writeRows(
    path,
    { [by]: by === 'hash' ? 'BIGINT' : 'VARCHAR', mine: 'DOUBLE' },
    Array.from({ length: 300 }, (_, i) => ({ [by]: name(i), mine: i === 7 ? null : collection.opinion(i) })),
  );
  return path;
}

test('published scores are found by hash or by key, held out as samples of embeddings are; what has no score is counted', async (t) => {
  const collection = await makeCollection(t);
  const feedback = await collection.write('ratings.jsonl', ratings(collection));
  for (const by of ['hash', 'key'] as const) {
    const path = await writeScores(collection, by);
    const scoreColumns = [{ path, column: 'mine' }];
    const evaluation = await evaluate(collection, { scoreColumns, feedback: [feedback] });
    // A third of the answers has the hash alone, a third the key alone.
    t.is(evaluation.samples.unscored[0]!, by === 'hash' ? 100 : 101);
    t.is(evaluation.parts[0]!.heads[0]!.count, 300 - evaluation.samples.unscored[0]!);
    t.is(figure(evaluation, 'spearman'), 1);
    const heldOut = await evaluate(collection, { scoreColumns, feedback: [feedback], takesAll: false });
    t.is(heldOut.parts[0]!.heads[0]!.count, expectedHeldOut(by));
  }
  await t.throwsAsync(
    evaluate(collection, {
      scoreColumns: [{ path: await writeScores(collection, 'hash'), column: 'nobody' }],
      feedback: [feedback],
    }),
    { code: 'BB_COLUMN_MISSING', message: /no column "nobody".*hash, mine/s },
  );
});

/** How many samples with a score are held out: by the hash where the answer or the table has one, else by the key. */
function expectedHeldOut(by: 'hash' | 'key'): number {
  return Array.from({ length: 300 }, (_, i) => i).filter((i) => {
    const [hasHash, hasKey] = [i % 3 !== 1, i % 3 !== 0];
    if (i === 7 || !(by === 'hash' ? hasHash : hasKey)) return false;
    const hash = String(BigInt(i) * 7919n ** 4n - 2n ** 61n);
    return placeOf(hasHash ? hash : `key:0000${i}`).isHeldOut;
  }).length;
}

test('only answers to items that a queue drew by chance count, and raters are told apart', async (t) => {
  const collection = await makeCollection(t);
  const items = ratings(collection).map((answer, i) => {
    const samples = [(answer as ReturnType<typeof rating>).sample];
    const id = queueItemId({ question: 'aesthetic', mode: 'rating', samples, round: 0 });
    const why = i % 2 === 0 ? 'random' : 'top';
    return { id, question: 'aesthetic', mode: 'rating', sample: samples[0]!, why } as const;
  });
  const queue = await collection.write('queue.jsonl', items.map(lineOfQueueItem) as never);
  const answers = ratings(collection).map((answer, i) => ({
    ...(answer as ReturnType<typeof rating>),
    ...{ queue: items[i]!.id, rater: i % 4 === 0 ? 'bob' : 'ada' },
    // Bob likes what others do not.
    ...(i % 4 === 0 && { answer: 5 - collection.opinion(i) }),
  }));
  const feedback = await collection.write('asked.jsonl', answers);
  const heads = [await hiddenHead(collection)];
  const evaluation = await evaluate(collection, {
    ...{ heads, feedback: [feedback], queues: [queue], perRater: true },
  });
  t.is(evaluation.truths.notAtRandom, 150);
  t.deepEqual(
    evaluation.parts.map(({ truth, heads: [head] }) => [truth.rater, head!.count]),
    [
      [null, 150],
      ['ada', 75],
      ['bob', 75],
    ],
  );
  t.is(figure(evaluation, 'spearman', 0, 1), 1);
  t.is(figure(evaluation, 'spearman', 0, 2), -1);
  await t.throwsAsync(
    evaluate(collection, {
      heads,
      feedback: [await collection.write('plain.jsonl', ratings(collection))],
      queues: [queue],
    }),
    { code: 'BB_INPUT_EMPTY', message: /drew by chance/ },
  );
});

test('the same files, options and seed give the same record, which its schema allows; another seed other intervals', async (t) => {
  const collection = await makeCollection(t);
  const feedback = [
    await collection.write('ratings.jsonl', [...ratings(collection), ...pairs(collection, 100)]),
  ];
  const heads = [await otherHead(collection), await hiddenHead(collection)];
  const record = async (seed: number) =>
    JSON.stringify(evaluationRecord(await evaluate(collection, { heads, feedback, seed })));
  const [one, again, other] = [await record(1), await record(1), await record(2)];
  t.is(one, again);
  t.not(one, other);
  t.deepEqual(valueProblems('evaluation.schema.json', JSON.parse(one)), []);
});

test('what cannot be evaluated is refused with what to do', async (t) => {
  const collection = await makeCollection(t);
  const feedback = [await collection.write('ratings.jsonl', ratings(collection))];
  const heads = [await hiddenHead(collection)];
  await t.throwsAsync(evaluate(collection, { heads, feedback, question: 'useful' }), {
    code: 'BB_INPUT_EMPTY',
    message: /aesthetic \(300\)/,
  });
  await t.throwsAsync(evaluate(collection, { heads, feedback, raters: ['nobody'] }), {
    code: 'BB_INPUT_EMPTY',
    message: /by nobody\. There are answers by: ada \(300\)/,
  });
  const skips = ratings(collection).map((answer) => ({ ...answer, answer: 'skip' }) as Answer);
  const skipped = [await collection.write('skipped.jsonl', skips)];
  await t.throwsAsync(evaluate(collection, { heads, feedback: skipped }), {
    code: 'BB_INPUT_EMPTY',
    message: /300 of its answers were read, and all of these are skips/,
  });
  const wide = await writeHead(collection, 'wide', new Array(20).fill(1));
  await t.throwsAsync(evaluate(collection, { heads: [wide], feedback }), {
    code: 'BB_HEAD_MISMATCH',
    message: /The head wide takes embeddings of 20 dimensions, but those that were given have 16\./,
  });
  const embeddings = [collection.path('no rows')];
  const file = { number: '0', values: new Float32Array(), columns: { key: 'VARCHAR' }, rows: [] } as const;
  await makeFolder(embeddings[0]!, DIMENSION, [file]);
  await t.throwsAsync(evaluate(collection, { heads, feedback, embeddings }), {
    code: 'BB_INPUT_EMPTY',
    message: /no rows has no rows/,
  });
  await t.throwsAsync(evaluate(collection, { heads: [...heads, ...heads], feedback }), { code: 'BB_USAGE' });
  const strangers = [
    await collection.write('strangers.jsonl', [rating('r', { sample: { key: 'nowhere' } })]),
  ];
  await t.throwsAsync(evaluate(collection, { heads, feedback: strangers }), {
    code: 'BB_INPUT_EMPTY',
    message: /none of the 1 samples/,
  });
  const few = [await collection.write('few.jsonl', ratings(collection).slice(0, 1))];
  await t.throwsAsync(evaluate(collection, { heads, feedback: few, takesAll: false }), {
    code: 'BB_INPUT_EMPTY',
    message: /is held out.*--all/,
  });
});

test('a head whose samples were held out by keys is refused where they are told apart by hashes', async (t) => {
  const collection = await makeCollection(t);
  const embeddings = collection.path('keys alone');
  const rows = Array.from({ length: 300 }, (_, i) => ({ key: `0000${i}` }));
  const file = { number: '0', values: collection.rows, columns: { key: 'VARCHAR' }, rows } as const;
  await makeFolder(embeddings, DIMENSION, [file]);
  const feedback = await collection.write('ratings.jsonl', ratings(collection));
  const byKeys = await trainOn({ ...collection, embeddings }, feedback, 'ridge');
  t.deepEqual(byKeys.record['held_out_by'], ['key']);
  const options = { heads: [byKeys], feedback: [feedback], takesAll: false };
  await t.throwsAsync(evaluate(collection, options), {
    code: 'BB_INPUT_VALUE',
    message: /held out by their key, and here they are told apart by their hash/,
  });
  const { parts } = await evaluate(collection, { ...options, embeddings: [embeddings] });
  t.is(
    parts[0]!.heads[0]!.count,
    (byKeys.record['measures'] as { held_out: { count: number } }).held_out.count,
  );
});
