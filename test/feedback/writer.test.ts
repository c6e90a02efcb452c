import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import {
  type FeedbackRecord,
  idsOf,
  isRetraction,
  PAIR_CHOICES,
  sampleId,
} from '../../src/feedback/answer.ts';
import { readAnswers } from '../../src/feedback/answers.ts';
import { lineOf } from '../../src/feedback/line.ts';
import { FeedbackState } from '../../src/feedback/state.ts';
import { FeedbackWriter } from '../../src/feedback/writer.ts';
import { type FileCall, interpose } from '../helpers/interposed-files.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { pair, rating, sample } from './records.ts';

const ASKED = { question: 'aesthetic', rater: 'ada', mode: 'pair' } as const;
const TAKEN_BACK = { id: 'u1', retracts: 'p1', rater: 'ada' };

test('what was saved is in the file once, in its order, however often it is sent', async (t) => {
  const path = join(await makeFolder(t), 'new', 'taste.jsonl');
  const writer = await FeedbackWriter.open(path);
  const [first, again] = await Promise.all([
    writer.append([pair('p1'), rating('r1')]),
    writer.append([pair('p1')]),
  ]);
  t.deepEqual([first, again], [['saved', 'saved'], ['saved-before']]);
  t.deepEqual(await writer.append([pair('p1', { time: '2026-06-01T00:00:00Z' })]), ['saved-before']);
  t.deepEqual(await writer.append([pair('p1', { answer: 'right' })]), ['id-reused']);
  await writer.close();
  t.is(await readFile(path, 'utf8'), `${lineOf(pair('p1'))}\n${lineOf(rating('r1'))}\n`);
  t.deepEqual(await readdir(join(path, '..')), ['taste.jsonl']);

  const next = await FeedbackWriter.open(path);
  t.deepEqual(await next.append([rating('r1'), rating('r2')]), ['saved-before', 'saved']);
  await next.close();
  t.is((await readFile(path, 'utf8')).split('\n').length, 4);
});

test('nothing counts as saved before it is on the disk, and what is sent together shares one fsync', async (t) => {
  const path = join(await makeFolder(t), 'taste.jsonl');
  const calls: string[] = [];
  const files = interpose(async (call: FileCall, run) => {
    const result = await run();
    if (call.path === path) calls.push(call.call);
    return result;
  });
  await withFileSystem(files, async () => {
    const writer = await FeedbackWriter.open(path);
    calls.length = 0;
    const saved = writer.append([pair('p1')]).then(() => calls.push('told'));
    const others = writer.append([rating('r1'), rating('r2')]);
    await Promise.all([saved, others]);
    await writer.close();
  });
  t.deepEqual(
    calls.filter((call) => ['write', 'fsync', 'told'].includes(call)),
    ['write', 'fsync', 'told'],
  );
});

test('a line that was cut off is told, and the next answer begins on a line of its own', async (t) => {
  const path = join(await makeFolder(t), 'taste.jsonl');
  await writeFile(path, `${lineOf(pair('p1'))}\n${lineOf(pair('p2')).slice(0, 40)}`);
  const notes: string[] = [];
  const writer = await FeedbackWriter.open(path, { onNote: (note) => notes.push(note) });
  t.regex(notes.join(), /^1 line is passed over \(cut\)\. It is line 2 of \S+taste\.jsonl: it is cut off/);
  await writer.append([pair('p2')]);
  await writer.close();
  const { answers, counts } = await readAnswers([path]);
  t.deepEqual(answers, [pair('p1'), pair('p2')]);
  t.like(counts, { lines: 3, answers: 2 });
  t.deepEqual(
    counts.problems.list().map(({ problem, count }) => [problem, count]),
    [['cut', 1]],
  );
});

test("a file without an answer is nobody's to add to, but for the line that a kill cut off", async (t) => {
  const folder = await makeFolder(t);
  for (const content of [
    'hello\n',
    '{"key":"a","rating":3}\n',
    `${lineOf(pair('p1')).slice(0, 40)}\nhello\n`,
  ]) {
    const path = join(folder, 'other.txt');
    await writeFile(path, content);
    await t.throwsAsync(FeedbackWriter.open(path), {
      code: 'BB_INPUT_FORMAT',
      message: /is no feedback file/,
    });
    t.is(await readFile(path, 'utf8'), content);
    t.deepEqual(await readdir(folder), ['other.txt']);
  }
  for (const content of ['', '\n', lineOf(pair('p1')).slice(0, 40)]) {
    const path = join(folder, 'other.txt');
    await writeFile(path, content);
    const writer = await FeedbackWriter.open(path);
    t.deepEqual(await writer.append([pair('p1')]), ['saved']);
    await writer.close();
  }
});

test('where a write fails nothing of it is saved, and the next write begins on a line of its own', async (t) => {
  const path = join(await makeFolder(t), 'taste.jsonl');
  let isFull = false;
  const files = interpose(async (call: FileCall, run) => {
    if (isFull && call.call === 'write' && call.path === path) {
      await appendFile(path, '{"v":1,"id":"p1"');
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', errno: -28 });
    }
    return run();
  });
  await withFileSystem(files, async () => {
    const writer = await FeedbackWriter.open(path);
    isFull = true;
    await t.throwsAsync(writer.append([pair('p1')]), {
      message: /answers saved before are kept/,
      code: 'BB_DISK_FULL',
    });
    t.is(writer.state.standing(ASKED), undefined);
    isFull = false;
    t.deepEqual(await writer.append([pair('p1')]), ['saved']);
    await writer.close();
  });
  t.deepEqual((await readAnswers([path])).answers, [pair('p1')]);
});

test('a second writer is refused, and told who has the file', async (t) => {
  const path = join(await makeFolder(t), 'taste.jsonl');
  const writer = await FeedbackWriter.open(path);
  await t.throwsAsync(FeedbackWriter.open(path), {
    code: 'BB_FEEDBACK_LOCKED',
    message: new RegExp(`taste.jsonl is being written by process ${process.pid} on`),
  });
  await writer.close();
  await (await FeedbackWriter.open(path)).close();
});

test('a writer knows who answered what, and what was taken back, whether it wrote it or found it', async (t) => {
  const path = join(await makeFolder(t), 'taste.jsonl');
  const writer = await FeedbackWriter.open(path);
  const swapped = pair('p2', { left: sample(2), right: sample(1), queue: 'q-2' });
  const skipped = pair('p3', { answer: 'skip', left: sample(3), queue: 'q-3' });
  await writer.append([pair('p1'), swapped, skipped, pair('p4', { rater: 'bob' }), TAKEN_BACK]);
  await writer.close();
  const found = await FeedbackWriter.open(path);
  const ids = [sample(1), sample(2)].map(sampleId);
  for (const { state } of [writer, found]) {
    t.like(state.standing(ASKED), { answers: 1, skips: 1, retracted: 1, last: [swapped, skipped] });
    t.is(state.answersAbout(ASKED, ids), 1);
    t.is(state.answersToItem(ASKED, 'q-2'), 1);
    t.is(state.answersToItem(ASKED, 'q-3'), 1);
    t.is(state.answersToItem({ ...ASKED, rater: 'bob' }, 'q-2'), 0);
    t.deepEqual(
      state.standings().map(({ rater, answers }) => [rater, answers]),
      [
        ['ada', 1],
        ['bob', 1],
      ],
    );
  }
  await found.append([{ ...TAKEN_BACK, id: 'u2', retracts: 'p3' }]);
  t.is(found.state.answersToItem(ASKED, 'q-3'), 0);
  t.deepEqual(found.state.standing(ASKED)?.last, [swapped]);
  await found.close();
});

test('a writer knows how often raters said the same again, and forgets it of what they took back', async (t) => {
  const path = join(await makeFolder(t), 'taste.jsonl');
  const writer = await FeedbackWriter.open(path);
  const [a, b] = [sample(1), sample(2)];
  await writer.append([
    pair('p1', { answer: 'left' }),
    pair('p2', { answer: 'much-right', left: b, right: a }),
    pair('p3', { answer: 'left', left: b, right: a }),
    pair('p4', { answer: 'skip' }),
    pair('p5', { answer: 'both-bad' }),
    pair('p6', { answer: 'tie' }),
    pair('p7', { answer: 'left', rater: 'bob' }),
    rating('r1', { answer: 3 }),
    rating('r2', { answer: 4 }),
    rating('r3', { answer: 5.5 }),
  ]);
  // p2 says what p1 says, p3 the contrary, p5 neither, p6 what p5 says.
  t.deepEqual(writer.state.standing(ASKED)?.repeats, { compared: 4, agreed: 2 });
  t.deepEqual(writer.state.standing({ ...ASKED, mode: 'rating' })?.repeats, { compared: 2, agreed: 1 });
  t.deepEqual(writer.state.standing({ ...ASKED, rater: 'bob' })?.repeats, { compared: 0, agreed: 0 });
  await writer.append([
    { id: 'u6', retracts: 'p6', rater: 'ada' },
    { id: 'u5', retracts: 'p5', rater: 'ada' },
    pair('p8', { answer: 'right' }),
  ]);
  await writer.close();
  const found = await FeedbackWriter.open(path);
  // p8 is compared with p3, which is the last that stands.
  for (const { state } of [writer, found])
    t.deepEqual(state.standing(ASKED)?.repeats, { compared: 3, agreed: 2 });
  await found.close();
});

const saver = fileURLToPath(new URL('../helpers/feedback-saver-process.js', import.meta.url));

test('killed at any moment, a writer has lost no answer that it said it had saved', async (t) => {
  const path = join(await makeFolder(t), 'taste.jsonl');
  const told: string[] = [];
  for (const most of [1, 40, 200]) {
    const child = spawn(process.execPath, [saver, path, `k${most}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let lines = 0;
    for await (const line of createInterface(child.stdout)) {
      told.push(line);
      if (++lines === most) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  const { answers, counts } = await readAnswers([path]);
  const ids = new Set(answers.map(({ id }) => id));
  t.true(told.length >= 241);
  t.deepEqual(
    told.filter((id) => !ids.has(id)),
    [],
  );
  t.is(ids.size, answers.length);
  t.true(counts.problems.list().every(({ problem }) => problem === 'cut'));
  t.false(answers.some(isRetraction));
});

test('nothing is saved into a file that was moved away, replaced or cut; where it is back, it goes on', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'taste.jsonl');
  const away = join(folder, 'away.jsonl');
  const writer = await FeedbackWriter.open(path);
  t.teardown(() => writer.close());
  await writer.append([pair('p1')]);
  const refused = async (id: string, message: RegExp): Promise<void> => {
    await t.throwsAsync(writer.append([pair(id)]), { code: 'BB_OUTPUT_WRITE', message });
  };
  await rename(path, away);
  await refused('p2', /taste\.jsonl failed: it was moved away or removed/);
  await writeFile(path, '');
  await refused('p2', /it was replaced by another file/);
  t.is(await readFile(path, 'utf8'), '');
  await rename(away, path);
  t.deepEqual(await writer.append([pair('p2')]), ['saved']);
  t.is(await readFile(path, 'utf8'), `${lineOf(pair('p1'))}\n${lineOf(pair('p2'))}\n`);
  await truncate(path, 10);
  await refused('p3', /something else has cut it/);
});

test('an answer counts as not saved where its file went while it was written', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'taste.jsonl');
  const away = join(folder, 'away.jsonl');
  let isMoved = false;
  const files = interpose(async (call: FileCall, run) => {
    const result = await run();
    if (isMoved && call.call === 'fsync' && call.path === path) await rename(path, away);
    return result;
  });
  await withFileSystem(files, async () => {
    const writer = await FeedbackWriter.open(path);
    await writer.append([pair('p1')]);
    isMoved = true;
    await t.throwsAsync(writer.append([pair('p2')]), { code: 'BB_OUTPUT_WRITE' });
    isMoved = false;
    await rename(away, path);
    // Sent again it is there once, for whoever reads the file.
    t.deepEqual(await writer.append([pair('p2')]), ['saved']);
    await writer.close();
    t.deepEqual(
      (await readAnswers([path])).answers.map(({ id }) => id),
      ['p1', 'p2'],
    );
  });
});

test('what is scanned in a file is known as what is written: who answered what, which were the last, and what comes again', async (t) => {
  const path = join(await makeFolder(t), 'taste.jsonl');
  const odd = { key: 'Zoë "Z"' };
  const records: FeedbackRecord[] = [];
  for (let i = 0; i < 260; i++) {
    const names = {
      left: i % 3 === 0 ? odd : sample(i % 7),
      right: i % 5 === 0 ? { key: `k${i}` } : sample(8 + (i % 4)),
    };
    const queue = i % 2 === 0 ? { queue: `q-${i % 9}` } : {};
    const answer = PAIR_CHOICES[i % PAIR_CHOICES.length]!;
    records.push(pair(`p${i}`, { answer, rater: i % 4 === 0 ? 'Zoë' : 'ada', ...names, ...queue }));
    if (i % 6 === 0) records.push(rating(`r${i}`, { answer: (i % 21) / 2, sample: sample(i % 3) }));
    if (i % 10 === 9) records.push({ id: `u${i}`, retracts: `p${i - (i % 3)}`, rater: 'ada' });
  }
  records.push({ id: 'early', retracts: 'late', rater: 'ada' }, pair('late'));
  const state = new FeedbackState();
  for (const record of records) t.is(state.add(record), 'new');
  await writeFile(path, records.map((record) => `${lineOf(record)}\n`).join(''));
  const { state: found, close } = await openWriter(path);
  const facts = (from: FeedbackState): unknown =>
    from.standings().map(({ question, rater, mode, answers, skips, retracted, repeats, last }) => {
      const asked = { question, rater, mode };
      const about = records.flatMap((record) =>
        isRetraction(record) ? [] : [from.answersAbout(asked, idsOf(record))],
      );
      const items = Array.from({ length: 9 }, (_, i) => from.answersToItem(asked, `q-${i}`));
      return { asked, answers, skips, retracted, repeats, last, about, items };
    });
  t.deepEqual(facts(found), facts(state));
  t.true(found.standings().some(({ last }) => last.length > 90));
  for (const record of records) t.is(found.look(record), 'repeated');
  t.is(found.look(pair('p1', { answer: 'tie' })), 'id-reused');
  // What stands for items is made when it is asked for, and goes on from there.
  for (const each of [found, state]) each.add({ id: 'last', retracts: 'p258', rater: 'Zoë' });
  t.deepEqual(facts(found), facts(state));
  await close();
});

async function openWriter(path: string): Promise<{ readonly state: FeedbackState; close(): Promise<void> }> {
  const writer = await FeedbackWriter.open(path);
  return { state: writer.state, close: () => writer.close() };
}
