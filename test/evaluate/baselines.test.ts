import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { writeRows } from '../../scripts/write-rows.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { evaluationRecord } from '../../src/evaluate/record.ts';
import { headFacts, rangeText, sampleNotes } from '../../src/evaluate/wording.ts';
import type { Answer, LikesAnswer } from '../../src/feedback/answer.ts';
import { placeOf } from '../../src/learn/split.ts';
import { errorsByRange } from '../../src/metrics/value-errors.ts';
import { makeDataset } from '../../src/popularity/make.ts';
import type { DatasetOptions } from '../../src/popularity/options.ts';
import { writePostsTable } from '../helpers/posts-table.ts';
import { valueProblems } from '../helpers/schemas.ts';
import { type Collection, makeCollection, SAMPLES } from '../learn/collection.ts';
import { refused, train } from '../learn/training.ts';
import { evaluate, hiddenHead, writeHead } from './world.ts';

type Evaluation = Awaited<ReturnType<typeof evaluate>>;

const USERS = 6;
const hashOf = (sample: number): bigint => BigInt(sample) * 7919n ** 4n - 2n ** 61n;
const userOf = (sample: number): string => `user ${sample % USERS}`;
const isHeldOut = (sample: number): boolean => placeOf(String(hashOf(sample))).isHeldOut;
const countOf = ({ opinion }: Collection, sample: number): number =>
  Math.round(20 * 2 ** (sample % USERS) * Math.exp(opinion(sample) / 2));

/** Likes of posts, whose raters are their users. */
function postLikes(collection: Collection, rater: (sample: number) => string = userOf): LikesAnswer[] {
  return Array.from({ length: SAMPLES }, (_, i) => ({
    ...{ id: `l${i}`, question: 'aesthetic', mode: 'likes', rater: rater(i) },
    ...{ answer: countOf(collection, i), sample: { hash: String(hashOf(i)), key: `0000${i}` } },
  }));
}

function likesHead(collection: Collection) {
  const length = Math.hypot(...collection.hidden);
  const weights = collection.hidden.map((weight) => (2 * weight) / length);
  return writeHead(collection, 'likes', weights, {
    label: { transform: 'log1p', unit: 'likes' },
    layers: [{ weights: [weights], bias: [4], activation: 'none' }],
  });
}

const namesOf = ({ candidates }: Evaluation): string[] => candidates.map(({ name }) => name);
const problemsOf = (evaluation: Evaluation): string[] =>
  valueProblems('evaluation.schema.json', JSON.parse(JSON.stringify(evaluationRecord(evaluation))));

test('the mean of each user, learned from what is not asked, stands beside heads in their unit; a user who is not known has the mean of all', async (t) => {
  const collection = await makeCollection(t);
  const answers = postLikes(collection);
  // A user all of whose posts are held out.
  const lonely = answers.map((answer, i) =>
    isHeldOut(i) && i % 2 === 0 ? { ...answer, rater: 'new' } : answer,
  );
  const feedback = [await collection.write('likes.jsonl', lonely)];
  const evaluation = await evaluate(collection, { heads: [await likesHead(collection)], feedback });
  t.deepEqual(namesOf(evaluation), [(await likesHead(collection)).name, "users' means"]);
  t.deepEqual(evaluation.heldOutOnly, [false, true]);
  const learned = lonely.flatMap(({ rater, answer }, i) =>
    isHeldOut(i) ? [] : [{ rater, value: Math.log1p(answer) }],
  );
  const meanOf = (values: readonly { value: number }[]): number =>
    values.reduce((sum, { value }) => sum + value, 0) / values.length;
  const [, means] = evaluation.candidates;
  for (const [sample, { key }] of evaluation.truths.samples.names.entries()) {
    const { rater } = lonely[Number(key)]!;
    const own = learned.filter((lesson) => lesson.rater === rater);
    t.true(Math.abs(means!.scores[sample]! - meanOf(own.length > 0 ? own : learned)) < 1e-9);
  }
  t.true(lonely.some(({ rater }) => rater === 'new') && learned.every(({ rater }) => rater !== 'new'));
  t.deepEqual(means!.label, { transform: 'log1p', unit: 'likes' });
  const part = evaluation.parts[0]!;
  t.is(part.heads[1]!.count, lonely.filter((_, i) => isHeldOut(i)).length);
  t.true(part.heads[1]!.figures['rmse']!.value! < part.heads[0]!.figures['rmse']!.value!);
  t.is(
    headFacts(evaluation, 1),
    `baseline: the mean of each of 6 users, of ${learned.length} answers; on held-out samples`,
  );
  t.deepEqual(problemsOf(evaluation), []);
});

test('whose samples are is read from a table of posts, from a column of tags, or by the raters: the means are the same', async (t) => {
  const collection = await makeCollection(t);
  const heads = [await likesHead(collection)];
  const byRater = await evaluate(collection, {
    ...{ heads, feedback: [await collection.write('raters.jsonl', postLikes(collection))] },
  });
  const feedback = [
    await collection.write(
      'one.jsonl',
      postLikes(collection, () => 'importer'),
    ),
  ];
  t.deepEqual(
    namesOf(await evaluate(collection, { heads, feedback })),
    ['likes'],
    'of one rater there is no mean',
  );
  await writePostsTable(
    collection.path('posts'),
    Array.from({ length: SAMPLES }, (_, i) => ({
      ...{ postId: `p${i}`, user: userOf(i), likes: countOf(collection, i), hash: hashOf(i) },
    })),
  );
  for (const [name, columns] of [
    ['by-hash', { hash: 'BIGINT', photographer: 'VARCHAR' }],
    ['by-key', { key: 'VARCHAR', photographer: 'VARCHAR' }],
  ] as const)
    await writeRows(
      collection.path(`${name}.parquet`),
      columns,
      Array.from({ length: SAMPLES }, (_, i) => ({
        ...(name === 'by-hash' ? { hash: hashOf(i) } : { key: `0000${i}` }),
        photographer: userOf(i),
      })),
    );
  for (const users of [
    { path: collection.path('posts'), column: 'user' },
    { path: collection.path('by-hash.parquet'), column: 'photographer' },
    { path: collection.path('by-key.parquet'), column: 'photographer' },
  ]) {
    const evaluation = await evaluate(collection, { heads, feedback, users });
    t.deepEqual(evaluation.candidates[1]!.scores, byRater.candidates[1]!.scores);
  }
  const wrong = { path: collection.path('by-key.parquet'), column: 'owner' };
  await refused(
    t,
    evaluate(collection, { heads, feedback, users: wrong }),
    'BB_COLUMN_MISSING',
    /--users FILE:COLUMN/,
  );
  const notes: string[] = [];
  const nobody = { path: collection.path('by-key.parquet'), column: 'key' };
  const few = answersOfHeldOut(postLikes(collection));
  await evaluate(
    collection,
    { heads, feedback: [await collection.write('few.jsonl', few)], users: nobody },
    notes,
  );
  t.regex(notes.join('\n'), /The means of users are left out: no answer is left to learn them from/);
});

const answersOfHeldOut = (answers: readonly Answer[]): Answer[] => answers.filter((_, i) => isHeldOut(i));

test('what a head was trained on is told by the files: of all other samples it is asked, and where the digest is another one only of those held out', async (t) => {
  const collection = await makeCollection(t);
  const answers = postLikes(collection);
  const learned = await collection.write('learned.jsonl', answers.slice(0, 200));
  const asked = [await collection.write('asked.jsonl', answers.slice(150))];
  const { folder } = await train(collection, answers.slice(0, 200), {
    labelTransform: 'log1p',
    feedback: [learned],
  });
  const head = { name: 'own', path: join(folder, 'head.safetensors') };
  const held = (from: number, to: number): number =>
    answers.filter((_, i) => i >= from && i < to && isHeldOut(i)).length;
  const known = await evaluate(collection, { heads: [head], feedback: asked, learnedFrom: [learned] });
  // Held out by the digest among those that it learned from, and all others.
  t.is(known.parts[0]!.heads[0]!.count, held(150, 200) + 100);
  t.is(known.samples.unlearned, 100);
  t.true(sampleNotes(known).some((note) => /^100 samples are held out as nothing/.test(note)));
  t.regex(headFacts(known, 1), /of 200 answers/);
  t.deepEqual(problemsOf(known), []);
  const notes: string[] = [];
  const other = await collection.write('other.jsonl', answers.slice(0, 100));
  const unknown = await evaluate(collection, { heads: [head], feedback: asked, learnedFrom: [other] }, notes);
  t.is(unknown.parts[0]!.heads[0]!.count, held(150, 300));
  t.is(unknown.samples.unlearned, null);
  t.regex(notes.join('\n'), /own was trained on other answers/);
  await refused(
    t,
    evaluate(collection, { heads: [head], feedback: asked, learnedFrom: [learned], question: 'useful' }),
    'BB_INPUT_EMPTY',
    /no answer to the question useful/,
  );
  const others = await collection.write(
    'useful.jsonl',
    answers.map((answer) => ({ ...answer, question: 'useful' })),
  );
  await refused(
    t,
    evaluate(collection, { heads: [head], feedback: asked, learnedFrom: [others] }),
    'BB_INPUT_EMPTY',
    /Nothing can have been learned from .*useful \(300\)/,
  );
});

test('samples that are named by hashes here and by keys there are not told apart, and only those held out are asked', async (t) => {
  const collection = await makeCollection(t);
  const answers = postLikes(collection);
  const named =
    (kind: 'hash' | 'key') =>
    (answer: LikesAnswer): LikesAnswer => ({
      ...answer,
      sample: kind === 'hash' ? { hash: answer.sample.hash! } : { key: answer.sample.key! },
    });
  const learnedFrom = [await collection.write('learned.jsonl', answers.slice(0, 200).map(named('key')))];
  const feedback = [await collection.write('asked.jsonl', answers.map(named('hash')))];
  const notes: string[] = [];
  const heads = [await hiddenHead(collection)];
  const evaluation = await evaluate(collection, { heads, feedback, learnedFrom, takesAll: false }, notes);
  t.is(evaluation.samples.unlearned, null);
  t.regex(notes.join('\n'), /named by hashes alone and others by keys alone/);
});

test('a head trained on the part of a dataset for training is asked about all of the part for tests; with that for validation too', async (t) => {
  const collection = await makeCollection(t);
  const posts = collection.path('posts');
  await writePostsTable(
    posts,
    Array.from({ length: SAMPLES }, (_, i) => ({
      ...{ postId: `p${i}`, user: userOf(i), likes: countOf(collection, i), hash: hashOf(i) },
    })),
  );
  const dataset = collection.path('dataset');
  const made: DatasetOptions = {
    ...{ posts, outputFolder: dataset, overwrite: false, takesRepeated: false, seed: 1, processes: 1 },
    ...{ question: 'popularity', standardise: 'max', splitBy: 'post' },
  };
  const { splits } = await makeDataset(made, { note: () => undefined, advance: () => undefined });
  const file = (part: 'train' | 'validation' | 'test'): string => join(dataset, splits[part].feedback);
  const question = 'popularity';
  for (const feedback of [[file('train')], [file('train'), file('validation')]]) {
    const { folder } = await train(collection, [], {
      ...{ labelTransform: 'none', question, feedback, overwrite: true },
    });
    const heads = [{ name: 'own', path: join(folder, 'head.safetensors') }];
    const evaluation = await evaluate(collection, { heads, question, feedback: [file('test')], dataset });
    t.deepEqual(namesOf(evaluation), ['own', "users' means"]);
    t.deepEqual(
      evaluation.parts[0]!.heads.map(({ count }) => count),
      [30, 30],
    );
    t.regex(headFacts(evaluation, 1), /the mean of each of 6 users, of 240 answers/);
  }
  const heads = [await hiddenHead(collection)];
  const broken = collection.path('broken');
  await refused(
    t,
    evaluate(collection, { heads, question, feedback: [file('test')], dataset: broken }),
    'BB_INPUT_NOT_FOUND',
    /is no dataset of posts/,
  );
  for (const [content, message] of [
    ['{', /no JSON/],
    ['{"format":"other"}', /not that of a dataset/],
    [
      JSON.stringify({
        format: 'bowerbird-posts-dataset',
        version: 1,
        imageSize: null,
        transform: null,
        splits: { train: { count: 3, feedback: '../x' } },
      }),
      /names no file of its folder/,
    ],
  ] as const) {
    writeFileSync(join(dataset, 'dataset.json'), content);
    await refused(
      t,
      evaluate(collection, { heads, question, feedback: [file('test')], dataset }),
      'BB_INPUT_FORMAT',
      message,
    );
  }
});

test('beside a dataset with tensors stands a linear function of the pixels; without tensors, for other parts or other labels it is left out, and that is said', async (t) => {
  const collection = await makeCollection(t);
  const count = 200;
  const posts = collection.path('posts');
  const given = [];
  for (let i = 0; i < count; i++) {
    const imagePath = collection.path(`${i}.png`);
    const grey = Math.round(128 + 30 * collection.opinion(i));
    await sharp({
      create: { width: 6, height: 6, channels: 3, background: { r: grey, g: grey, b: i % 256 } },
    })
      .png()
      .toFile(imagePath);
    given.push({
      ...{ postId: `p${i}`, user: userOf(i), hash: hashOf(i), imagePath },
      likes: Math.round(1000 * Math.exp(collection.opinion(i) / 4)),
    });
  }
  await writePostsTable(posts, given);
  const make = async (
    name: string,
    changes: Partial<DatasetOptions>,
  ): Promise<[string, readonly string[]]> => {
    const outputFolder = collection.path(name);
    const { splits } = await makeDataset(
      {
        ...{ posts, outputFolder, overwrite: false, takesRepeated: true, seed: 1, processes: 1 },
        ...{ question: 'popularity', standardise: 'none', splitBy: 'post' },
        ...changes,
      },
      { note: () => undefined, advance: () => undefined },
    );
    return [
      outputFolder,
      (['train', 'test'] as const).map((part) => join(outputFolder, splits[part].feedback)),
    ];
  };
  const images = { sizePx: 3, minSidePx: 0, picturesFrom: [] };
  const [dataset, [trainLabels, testLabels]] = await make('dataset', { images });
  const question = 'popularity';
  const { folder } = await train(collection, [], {
    ...{ labelTransform: 'log1p', question, feedback: [trainLabels!] },
  });
  const heads = [{ name: 'own', path: join(folder, 'head.safetensors') }];
  const asked = { heads, question, feedback: [testLabels!] };
  const evaluation = await evaluate(collection, { ...asked, dataset });
  t.deepEqual(namesOf(evaluation), ['own', "users' means", 'linear on pixels']);
  const [, , pixels] = evaluation.parts[0]!.heads;
  t.is(pixels!.count, 20);
  t.true(pixels!.figures['spearman']!.value! > 0.9);
  // In the unit of the head, and brought back to likes as its scores are.
  t.true(pixels!.figures['rmse']!.value! < 0.1 && pixels!.figures['rmse_in_likes']!.value! < 100);
  t.regex(
    headFacts(evaluation, 2),
    /^baseline: least squares on the pixels of 160 images; on held-out samples$/,
  );
  const second = await evaluate(collection, { ...asked, dataset });
  t.deepEqual(second.candidates[2]!.scores, evaluation.candidates[2]!.scores);
  t.deepEqual(problemsOf(evaluation), []);

  const [plain] = await make('plain', {});
  const [shares] = await make('shares', { images, standardise: 'max' });
  for (const [changes, why] of [
    [{ dataset: plain }, /made without image tensors/],
    [{ dataset, feedback: [trainLabels!] }, /no sample that is asked is in its parts/],
    [{ dataset: shares }, /its labels are not the answers/],
  ] as const) {
    const notes: string[] = [];
    const without = await evaluate(collection, { ...asked, ...changes }, notes);
    t.false(namesOf(without).includes('linear on pixels'));
    t.regex(notes.join('\n'), why);
  }
});

test('what lies on an edge belongs to the range between edges, with a single edge to that below, and the names say so', (t) => {
  const truth = Float64Array.of(1, 4, 5, 7, 9);
  const told = (edges: readonly number[]): string[] => {
    const ranges = errorsByRange(truth, truth, edges);
    return ranges.map((range) => `${rangeText(range, ranges.length)}: ${range.errors?.count}`);
  };
  t.deepEqual(told([4, 7]), ['below 4: 1', '4 to 7: 3', 'above 7: 1']);
  t.deepEqual(told([4]), ['up to 4: 2', 'above 4: 3']);
});
