import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ActiveQueue } from '../../src/cli/active-queue.ts';
import { lineOf } from '../../src/feedback/line.ts';
import { readQueueItems } from '../../src/feedback/queue-items.ts';
import { childrenOf } from '../helpers/children-of.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';
import { until } from '../helpers/until.ts';
import { makeCollection, pairs } from '../learn/collection.ts';
import { answered, serveRate, writePhotos } from '../rate/world.ts';
import { makeFolder as makeEmbeddings, unitRows } from '../rescore/setup.ts';

test('while people answer, head and queue are made anew; what fails is told and leaves the queue; a stop ends it', async (t) => {
  const collection = await makeCollection(t);
  const feedback = collection.path('taste.jsonl');
  const queue = collection.path('taste.queue.jsonl');
  const notes: string[] = [];
  const active = new ActiveQueue(
    {
      ...{ every: 50, feedback, queue, headFolder: collection.path('taste.head'), question: 'aesthetic' },
      ...{ mode: 'pair', embeddings: [collection.embeddings] },
      headOptions: ['--hidden', '0', '--members', '3', '--threads', '1'],
    },
    (note) => notes.push(note),
  );
  await active.begin(new AbortController().signal);
  const first = await readQueueItems(queue);
  t.true(first.items.length > 0 && first.items.every(({ why }) => why === 'random'));
  t.regex(notes.join(), /Without a head/);

  // There is no file of answers yet: that fails, and the old queue stays.
  active.answered(50);
  await active.idle();
  t.regex(notes.at(-1)!, /stays as it is.*after 50 more answers.*no feedback file/s);
  t.deepEqual((await readQueueItems(queue)).items, first.items);
  t.regex(active.trouble!, /could not be chosen anew \(BB_INPUT_NOT_FOUND\).*after 50 more answers/);
  t.false(active.trouble!.includes(collection.folder));

  for (const answer of pairs(collection, 120)) appendFileSync(feedback, `${lineOf(answer)}\n`);
  active.answered(49);
  await active.idle();
  t.false(existsSync(collection.path('taste.head')));
  active.answered(1);
  await active.idle();
  t.regex(notes.at(-1)!, /The queue is new: 200 items, chosen by what 1\d\d answers taught/);
  t.true((await readQueueItems(queue)).items.some(({ why }) => why === 'variance'));
  t.is(active.trouble, undefined);

  const before = readFileSync(queue, 'utf8');
  const told = notes.length;
  active.answered(50);
  await until(() => childrenOf(process.pid, 'main.js').length > 0);
  await active.stop();
  active.answered(500);
  await active.idle();
  t.is(notes.length, told);
  t.is(readFileSync(queue, 'utf8'), before);
  t.true(existsSync(join(collection.path('taste.head'), 'head.safetensors')));
});

test('a page that is asked by such a queue goes on with the new one, whose answers say which item asked', async (t) => {
  const folder = await makeFolder(t);
  const source = await writePhotos(folder, 16);
  const names = await serveRate(t, { source, feedback: join(folder, 'none.jsonl'), mode: 'rating' });
  const samples = (await names.items('ada', 20)).map((item) => item.samples[0]!.name);
  t.is(samples.length, 16);
  const embeddings = join(folder, 'embeddings');
  await makeEmbeddings(embeddings, 8, [
    {
      ...{ number: '0', values: unitRows(2, 16, 8), columns: { hash: 'BIGINT', key: 'VARCHAR' } },
      rows: samples.map(({ hash, key }) => ({ hash: BigInt(hash!), key: key! })),
    },
  ]);
  const [feedback, queue] = [join(folder, 'taste.jsonl'), join(folder, 'taste.queue.jsonl')];
  const notes: string[] = [];
  const active = new ActiveQueue(
    {
      ...{ every: 12, feedback, queue, headFolder: join(folder, 'head'), question: 'aesthetic' },
      ...{ mode: 'pair', embeddings: [embeddings], headOptions: ['--hidden', '0', '--members', '3'] },
    },
    (note) => notes.push(note),
  );
  await active.begin(new AbortController().signal);
  const served = await serveRate(t, {
    ...{ source, feedback, queue },
    onSaved: (count) => active.answered(count),
  });
  const first = await served.items('ada', 12);
  const order = samples.map(({ hash }) => hash);
  const answers = first.map((item, i) => {
    const [left, right] = item.samples.map(({ name }) => order.indexOf(name.hash));
    return answered(item, `a${i}`, { answer: left! > right! ? 'left' : 'right', queue: item.queue });
  });
  t.true(first.every(({ queue: asked }) => /^[0-9a-f]{16}$/.test(asked!)));
  await served.save(answers);
  await active.idle();
  t.regex(notes.at(-1)!, /chosen by what 12 answers taught/);
  const { items } = await readQueueItems(queue);
  const next = await served.items('ada', 10);
  t.deepEqual(
    next.map((item) => item.queue),
    items.slice(0, 10).map(({ id }) => id),
  );
  t.false(next.some((item) => first.some(({ queue: asked }) => asked === item.queue)));
});

test('flags of --active that cannot be used are refused before the page is there', async (t) => {
  const refused = async (flags: readonly string[], said: RegExp): Promise<void> => {
    const { exitCode, stderr } = await runCli(['rate', 'nowhere', '--feedback', 'x.jsonl', ...flags]);
    t.is(exitCode, 2);
    t.regex(stderr, said);
  };
  await refused(['--head-options', 'members=3'], /are of --active/);
  await refused(['--active', '5', '--head-options', 'output-folder=x'], /"output-folder=x" is none/);
  await refused(['--active', '5', '--head-options', 'members=many'], /--members needs a whole number/);
  const keeps = ['--active', '5', '--mode', 'keep', '--head-options', 'members=3'];
  await refused(keeps, /--members is of bradley-terry and mlp, and the method is logistic/);
  await refused(['--active', '0'], /--active needs a whole number/);
});
