import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Answer } from '../../src/feedback/answer.ts';
import { type QueueItem, readQueueItems } from '../../src/feedback/queue-items.ts';
import type { Layer } from '../../src/heads/layers.ts';
import { loadHead } from '../../src/heads/load.ts';
import type { TrainOptions } from '../../src/learn/options.ts';
import { placeOf } from '../../src/learn/split.ts';
import { trainHead } from '../../src/learn/train.ts';
import { makeQueue } from '../../src/queue/make-queue.ts';
import { type QueueOptions, USUAL_MIX } from '../../src/queue/options.ts';
import { scorerOf } from '../../src/queue/scorer.ts';
import { pair } from '../feedback/records.ts';
import { runCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';
import {
  type Collection,
  DIMENSION,
  keeps,
  makeCollection,
  nameOf,
  pairs,
  ratings,
  SAMPLES,
} from '../learn/collection.ts';

const quiet = { note: () => undefined, advance: () => undefined };

async function train(
  collection: Collection,
  answers: readonly Answer[],
  name: string,
  changes: Partial<TrainOptions>,
): Promise<string> {
  const { folder } = await trainHead(
    {
      ...{ method: 'bradley-terry', question: 'aesthetic', tag: 'aesthetic', members: 4, threads: 1 },
      feedback: [await collection.write(`${name}.jsonl`, answers)],
      embeddings: [collection.embeddings],
      outputFolder: collection.path(name),
      ...{ overwrite: false, removeRaterBias: false },
      network: {
        ...{ dropout: 0.1, batch: 1, epochs: 5, seed: 3, valueLoss: 'mse' },
        ...{ learningRate: 1e-2, weightDecay: 0.02 },
      },
      ...changes,
    },
    quiet,
  );
  return join(folder, 'head.safetensors');
}

function optionsFor(collection: Collection, changes: Partial<QueueOptions>): QueueOptions {
  return {
    ...{ embeddings: [collection.embeddings], feedback: [], question: 'aesthetic', mode: 'pair' },
    ...{ output: collection.path('queue.jsonl'), overwrite: true, pool: 0, count: 60 },
    ...{ mix: USUAL_MIX, isMixDemanded: false, candidates: 5000, heldOutShare: 0.1, topShare: 0.05 },
    ...{ certain: 0.9, auditShare: 0.3, seed: 0 },
    ...changes,
  };
}

const idOf = ({ hash, key }: { hash?: string; key?: string }): string => hash ?? `key:${key}`;

test('an ensemble in a file gives what its members give, whatever they are and however many rows come at a time', async (t) => {
  const collection = await makeCollection(t);
  for (const hidden of [0, 6]) {
    const path = await train(collection, pairs(collection, 80), `hidden-${hidden}`, { hidden });
    const head = await loadHead(path, {});
    const { members, layers, offsets } = head.ensemble!;
    t.is(members, 4);
    t.true(head.logitsPerPoint! > 0);
    const middle = offsets!.reduce((sum, offset) => sum + offset, 0) / members;
    const count = 7;
    const scores = await scorerOf(head).score(collection.rows.subarray(0, count * DIMENSION), count);
    const [first, last] = layers as [Layer, Layer];
    const width = first.outputs / members;
    for (let row = 0; row < count; row++) {
      for (let m = 0; m < members; m++) {
        let expected = last.bias[0]! + offsets![m]! - middle;
        for (let unit = m * width; unit < (m + 1) * width; unit++) {
          let sum = first.bias[unit]!;
          for (let j = 0; j < DIMENSION; j++)
            sum += first.weights[unit * DIMENSION + j]! * collection.rows[row * DIMENSION + j]!;
          expected += members * last.weights[unit]! * (hidden > 0 ? sum / (1 + Math.exp(-sum)) : sum);
        }
        t.true(Math.abs(scores[row * members + m]! - expected) < 1e-4);
      }
    }
  }
});

test('a queue is written with the chances of its head; what was answered comes again for agreement alone', async (t) => {
  const collection = await makeCollection(t);
  const answers = pairs(collection, 300).filter(
    (answer) => answer.mode === 'pair' && idOf(answer.left) !== idOf(answer.right),
  );
  const head = await train(collection, answers, 'taste', { hidden: 0 });
  const feedback = [collection.path('taste.jsonl')];
  const notes: string[] = [];
  const options = optionsFor(collection, { feedback, head });
  const result = await makeQueue(options, { ...quiet, note: (text) => notes.push(text) });
  const { items, problems } = await readQueueItems(options.output);
  t.deepEqual(items, result.items);
  t.is(problems.total, 0);
  t.deepEqual(notes, []);
  for (const line of readFileSync(options.output, 'utf8').trim().split('\n'))
    t.deepEqual(valueProblems('queue-line.schema.json', JSON.parse(line)), []);
  t.is(items.length, 60);
  t.deepEqual([...new Set(items.map(({ why }) => why))].sort(), [
    'audit',
    'random',
    'repeat',
    'threshold',
    'top',
    'variance',
  ]);
  const asked = new Set(
    answers.map((answer) => answer.mode === 'pair' && [idOf(answer.left), idOf(answer.right)].sort().join()),
  );
  const numberOf = new Map(
    Array.from({ length: SAMPLES }, (_, i) => [String(BigInt(i) * 7919n ** 4n - 2n ** 61n), i]),
  );
  // Answers name samples by hash or by key, the queue by both.
  const namesOf = (item: QueueItem): string[] =>
    item.mode === 'pair' ? [item.left, item.right].map(({ hash }) => idOf(nameOf(numberOf.get(hash!)!))) : [];
  for (const item of items) t.is(asked.has(namesOf(item).sort().join()), item.why === 'repeat');
  t.true(
    items.every((item) => item.mode === 'pair' && item.left.key === `0000${numberOf.get(item.left.hash!)}`),
  );
  const scores = (await loadHead(head, {})).score(collection.rows, SAMPLES);
  for (const item of items) {
    if (item.mode !== 'pair' || item.expected === undefined) continue;
    const [left, right] = [item.left, item.right].map(({ hash }) => scores[numberOf.get(hash!)!]!);
    if (Math.abs(left! - right!) > 0.5) t.is(item.expected > 0.5, left! > right!);
  }
  const again = await makeQueue({ ...options, output: collection.path('again.jsonl') }, quiet);
  t.deepEqual(again.items, result.items);
});

test('answers to audits tell what passing over costs, although their queue has been replaced', async (t) => {
  const collection = await makeCollection(t);
  const answers = pairs(collection, 300);
  const head = await train(collection, answers, 'taste', { hidden: 0 });
  const feedbackBefore = [collection.path('taste.jsonl')];
  const options = optionsFor(collection, { head, feedback: feedbackBefore, certain: 0.7, auditShare: 0.5 });
  const { items } = await makeQueue(options, quiet);
  const audits = items.flatMap((item) => (item.mode === 'pair' && item.why === 'audit' ? [item] : []));
  t.true(audits.length >= 2);
  const given = [...new Set([...items.slice(0, 30), ...audits])].map((item, i) => {
    if (item.mode !== 'pair') throw new Error('a pair was asked for');
    const isFirst = item === audits[0];
    const answer = item.expected === undefined || item.expected > 0.5 !== isFirst ? 'left' : 'right';
    return pair(`new-${i}`, { answer, left: item.left, right: item.right, queue: item.id });
  });
  const feedback = [...options.feedback, await collection.write('new.jsonl', given)];
  for (let round = 0; round < 3; round++) {
    const { audits: summary, items: next } = await makeQueue({ ...options, feedback, seed: round }, quiet);
    t.is(summary.decided, given.filter(({ queue }) => audits.some(({ id }) => id === queue)).length);
    t.true(summary.against >= 1);
    t.false(next.some(({ id }) => given.some(({ queue }) => queue === id)));
  }
  const kept = await readQueueItems(collection.path('queue.asked.jsonl'));
  for (const { queue } of given) t.true(kept.items.some(({ id }) => id === queue));
  const info = await runCli(['feedback', 'info', ...feedback, '--queue', options.output, '--json']);
  t.is(info.exitCode, 0, info.stderr);
  t.like(JSON.parse(info.stdout), { queued: { audits: { decided: audits.length } } });
});

test('without a head, or with one that is no ensemble, the rest is asked by chance, or it is refused where the mix demands it', async (t) => {
  const collection = await makeCollection(t);
  const notes: string[] = [];
  const telling = { ...quiet, note: (text: string) => notes.push(text) };
  const first = await makeQueue(optionsFor(collection, {}), telling);
  t.true(first.items.every(({ why }) => why === 'random'));
  t.is(first.items.length, 60);
  t.is(first.heldOut, 6);
  t.regex(notes.join(), /Without a head everything is asked by chance/);

  const ridge = await train(collection, ratings(collection), 'ridge', { method: 'ridge' });
  const second = await makeQueue(optionsFor(collection, { head: ridge }), telling);
  t.deepEqual([...new Set(second.items.map(({ why }) => why))].sort(), ['random', 'threshold', 'top']);
  t.true(second.items.every((item) => item.mode === 'pair' && item.expected === undefined));
  t.is(second.choice.passedOver, 0);
  t.regex(notes.at(-1)!, /no ensemble that learned from pairs.*by chance/);
  await t.throwsAsync(makeQueue(optionsFor(collection, { head: ridge, isMixDemanded: true }), quiet), {
    code: 'BB_HEAD_MISMATCH',
    message: /leave variance out of --mix/,
  });
  t.is((await readQueueItems(collection.path('queue.jsonl'))).items.length, 60);
});

test('ratings and keeps are queued as samples, held-out ones at random', async (t) => {
  const collection = await makeCollection(t);
  const head = await train(collection, ratings(collection), 'values', { method: 'mlp', hidden: 0 });
  const feedback = [await collection.write('some.jsonl', keeps(collection).slice(0, 50))];
  const { items } = await makeQueue(optionsFor(collection, { mode: 'keep', head, feedback }), quiet);
  t.is(new Set(items.map(({ id }) => id)).size, 60);
  t.true(items.every(({ mode }) => mode === 'keep'));
  t.is(items.filter(({ why }) => why === 'variance').length, 30);
  t.is(items.filter(({ why }) => why === 'repeat').length, 3);
  for (const item of items) {
    if (item.mode === 'pair' || item.why === 'random' || item.why === 'repeat') continue;
    t.false(placeOf(item.sample.hash!).isHeldOut);
  }
});

test('a pool is some of the rows by chance, and of it alone samples are asked', async (t) => {
  const collection = await makeCollection(t);
  const samplesOf = async (seed: number): Promise<Set<string>> => {
    const { items, samples, rows } = await makeQueue(
      optionsFor(collection, { pool: 40, seed, count: 200 }),
      quiet,
    );
    t.deepEqual([samples, rows], [40, SAMPLES]);
    return new Set(
      items.flatMap((item) => (item.mode === 'pair' ? [item.left.hash!, item.right.hash!] : [])),
    );
  };
  const [one, other] = [await samplesOf(1), await samplesOf(2)];
  t.true(one.size <= 40 && one.size > 30);
  t.true([...one].filter((hash) => other.has(hash)).length < 20);
});

test('what cannot be a queue is refused before anything is written, and a stop leaves the old queue', async (t) => {
  const collection = await makeCollection(t);
  const options = optionsFor(collection, { count: 5 });
  await makeQueue(options, quiet);
  const before = readFileSync(options.output, 'utf8');
  const refused = async (changes: Partial<QueueOptions>, code: string): Promise<void> => {
    await t.throwsAsync(makeQueue({ ...options, ...changes }, quiet), { code });
  };
  await refused({ overwrite: false }, 'BB_OUTPUT_EXISTS');
  await refused({ feedback: [collection.path('none.jsonl')] }, 'BB_INPUT_NOT_FOUND');
  await refused({ head: collection.path('none.safetensors') }, 'BB_HEAD_UNREADABLE');
  await refused({ embeddings: [collection.path('nowhere')] }, 'BB_INPUT_NOT_FOUND');
  const feedback = [await collection.write('all.jsonl', pairs(collection, 10))];
  await refused({ feedback, output: feedback[0]! }, 'BB_OUTPUT_EXISTS');
  const stopped = new AbortController();
  stopped.abort();
  const thrown = await t.throwsAsync(makeQueue(options, { ...quiet, signal: stopped.signal }), { any: true });
  t.is(thrown as unknown, stopped.signal.reason);
  t.is(readFileSync(options.output, 'utf8'), before);
  t.false(existsSync(collection.path('none.asked.jsonl')));
});

async function commandsOf(t: ExecutionContext): Promise<void> {
  const collection = await makeCollection(t);
  const output = collection.path('cli.jsonl');
  const base = ['queue', '--embeddings', collection.embeddings, '--output', output];
  const one = await runCli([...base, '--count', '20', '--seed', '3']);
  t.is(one.exitCode, 0, one.stderr);
  t.regex(one.stdout, /20 items \(random 20\), 2 of them about held-out samples/);
  t.regex(one.stderr, /Without a head/);
  const json = await runCli([
    ...base,
    '--count',
    '20',
    '--seed',
    '3',
    '--json',
    '--incremental-mode',
    'overwrite',
  ]);
  t.like(JSON.parse(json.stdout), { items: 20, reasons: { random: 20 }, held_out: 2, rows: SAMPLES });
  for (const [mix, wrong] of [
    ['random=.3,luck=.7', 'luck=.7'],
    ['random=1,random=1', 'random=1'],
    ['random=0', 'a part above 0'],
  ] as const) {
    const { exitCode, stderr } = await runCli([...base, '--mix', mix]);
    t.is(exitCode, 2);
    t.true(stderr.includes('--mix') && stderr.includes(wrong), stderr);
  }
  const question = await runCli([...base, '--question', 'Is it nice?']);
  t.regex(question.stderr, /--question needs a small letter/);
}

test('the command says what it chose, as text and JSON, and refuses mixes that are none', commandsOf);
