import { link, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import { readAnswers } from '../../src/feedback/answers.ts';
import type { PageItem, PageItems } from '../../src/rate/page-data.ts';
import { type WrittenRow, writePictures, writeRun } from '../browse/world.ts';
import { type FileCall, interpose } from '../helpers/interposed-files.ts';
import { makeFolder, type Owner } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { valueProblems } from '../helpers/schemas.ts';
import { tarOf } from '../helpers/tar-archive.ts';
import { addEmbeddings, addPhashes, decided, putInTar, serveReview, undone } from './world.ts';

/** Scored 5 to 9, the best last; one failed, one was dropped by a rule of the run, one has no score. */
const ROWS: readonly WrittenRow[] = [
  ...Array.from({ length: 5 }, (_, i) => ({
    path: `p${i}.jpg`,
    hash: BigInt(100 + i),
    aesthetic: 5 + i,
  })),
  { url: 'https://example.org/gone.jpg', hash: 200n, reason: 'http_not_found' },
  { path: 'unsafe.jpg', hash: 201n, aesthetic: 10, droppedBy: 'punsafe' },
  { path: 'bare.jpg', hash: 202n },
];

interface Made {
  readonly folder: string;
  readonly run: string;
  readonly kept: string;
}

async function made(t: Owner, rows: readonly WrittenRow[] = ROWS): Promise<Made> {
  const folder = await makeFolder(t);
  const run = await writeRun(folder, rows);
  await writePictures(folder, [...new Set(rows.flatMap(({ path }) => path ?? []))]);
  return { folder, run, kept: join(folder, 'kept') };
}

const hashesOf = (items: readonly PageItem[]): unknown[] => items.map(({ samples }) => samples[0]!.name.hash);
const picturesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();

test('the best come first, each once, what is kept is copied to the byte under the name that was shown, and the next call goes on', async (t) => {
  const { folder, run, kept } = await made(t);
  const page = await serveReview(t, { source: run, outputFolder: kept, minAesthetic: 5 });
  t.like(page.review, { pictureCount: 4, keptCount: 0, answerCount: 0 });
  const items = await page.items(10);
  // Above 5 is what is not 5; rows that failed, were dropped or have no score are none of it.
  t.deepEqual(hashesOf(items), ['104', '103', '102', '101']);
  t.is(items[0]!.facts, 'aesthetic 9.00');
  t.is(await page.nameOf(items[0]!), 'p4.jpg');
  t.is(await page.nameOf(items[1]!, 'a b/c'), 'a b_c.jpg');
  t.deepEqual(await picturesIn(kept), []);
  const saved = await page.save(
    decided(items[0]!, 'k1'),
    decided(items[1]!, 'k2', { stem: 'a b/c' }),
    decided(items[2]!, 'l1', { answer: 'leave' }),
  );
  t.deepEqual(saved.results, ['saved', 'saved', 'saved']);
  t.deepEqual(saved.said, { k1: 'Kept as p4.jpg.', k2: 'Kept as a b_c.jpg.' });
  t.deepEqual(await picturesIn(kept), ['a b_c.jpg', 'p4.jpg']);
  for (const [copy, original] of [
    ['p4.jpg', 'p4.jpg'],
    ['a b_c.jpg', 'p3.jpg'],
  ] as const)
    t.deepEqual(await readFile(join(kept, copy)), await readFile(join(folder, 'pictures', original)));
  t.deepEqual(hashesOf(await page.items(10)), ['101']);
  // What one has decided another is not asked.
  t.deepEqual(hashesOf(await page.items(10, [], 'bob')), ['101']);
  await page.review.stop();

  const { answers } = await readAnswers([join(kept, 'feedback.jsonl')]);
  t.deepEqual(
    answers.map(({ id, mode, answer }) => [id, mode, answer]),
    [
      ['k1', 'keep', 'keep'],
      ['k2', 'keep', 'keep'],
      ['l1', 'keep', 'leave'],
    ],
  );
  t.deepEqual((await readdir(kept)).sort(), ['a b_c.jpg', 'feedback.jsonl', 'kept.jsonl', 'p4.jpg']);
  const lines = (await readFile(join(kept, 'kept.jsonl'), 'utf8')).trim().split('\n');
  t.is(lines.length, 2);
  for (const line of lines) t.deepEqual(valueProblems('kept-line.schema.json', JSON.parse(line)), []);
  const again = await serveReview(t, { source: run, outputFolder: kept });
  t.like(again.review, { keptCount: 2, answerCount: 3 });
  t.deepEqual(hashesOf(await again.items(10)), ['101', '100']);
});

test('nothing is written over: names that are taken are numbered, whatever has them', async (t) => {
  const { folder, run, kept } = await made(t);
  await mkdir(kept);
  await writeFile(join(kept, 'P4.JPG'), 'other');
  await symlink(join(folder, 'nowhere.jpg'), join(kept, 'x.jpg'));
  const page = await serveReview(t, { source: run, outputFolder: kept });
  const items = await page.items(10);
  // On some file systems names that differ in case are one.
  t.is(await page.nameOf(items[0]!), 'p4-2.jpg');
  t.is(await page.nameOf(items[0]!, 'late'), 'late.jpg');
  await writeFile(join(kept, 'late.jpg'), 'other');
  const { said } = await page.save(
    decided(items[0]!, 'k1', { stem: 'late' }),
    decided(items[1]!, 'k2', { stem: 'X' }),
    decided(items[2]!, 'k3', { stem: 'x' }),
  );
  t.deepEqual(said, { k1: 'Kept as late-2.jpg.', k2: 'Kept as X-2.jpg.', k3: 'Kept as x-3.jpg.' });
  for (const name of ['P4.JPG', 'late.jpg']) t.is(await readFile(join(kept, name), 'utf8'), 'other');
  await t.throwsAsync(readFile(join(folder, 'nowhere.jpg')), { code: 'ENOENT' });
});

test('what was kept is removed when it is taken back, if it is still the very file', async (t) => {
  const { folder, run, kept } = await made(t);
  const page = await serveReview(t, { source: run, outputFolder: kept });
  const items = await page.items(10);
  await page.save(...items.slice(0, 4).map((item, i) => decided(item, `k${i}`)));
  t.deepEqual(await picturesIn(kept), ['p1.jpg', 'p2.jpg', 'p3.jpg', 'p4.jpg']);
  // Changed in place; another file with the same bytes; gone.
  await writeFile(join(kept, 'p3.jpg'), 'mine now');
  await rename(join(kept, 'p2.jpg'), join(folder, 'p2.jpg'));
  await writeFile(join(kept, 'p2.jpg'), await readFile(join(folder, 'p2.jpg')));
  await rm(join(kept, 'p1.jpg'));
  const saved = await page.save(...[0, 1, 2, 3].map((i) => undone(`u${i}`, `k${i}`)));
  t.deepEqual(saved.said, {
    u0: 'Taken back; p4.jpg is removed.',
    u1: 'Taken back; p3.jpg stays: it is not the file any more that was kept.',
    u2: 'Taken back; p2.jpg stays: it is not the file any more that was kept.',
    u3: 'Taken back; p1.jpg was not there any more.',
  });
  t.deepEqual(await picturesIn(kept), ['p2.jpg', 'p3.jpg']);
  t.deepEqual(hashesOf(await page.items(10)), ['104', '103', '102', '101', '100']);
  // Sent once more, or of an answer that kept nothing, it removes nothing.
  t.deepEqual((await page.save(undone('u0', 'k0'), undone('u9', 'none'))).said, {});
  t.deepEqual((await page.save(decided(items[1]!, 'k9'))).said, { k9: 'Kept as p3-2.jpg.' });
  await page.review.stop();
  const again = await serveReview(t, { source: run, outputFolder: kept });
  t.deepEqual((await again.save(undone('u10', 'k9'))).said, { u10: 'Taken back; p3-2.jpg is removed.' });
});

test('a copy stands before its answer counts; sent again after a failure it is there once', async (t) => {
  const { run, kept } = await made(t);
  const feedback = join(kept, 'feedback.jsonl');
  let isFull = true;
  const calls: string[] = [];
  const files = interpose(async (call: FileCall, go) => {
    if (call.call === 'write' && call.path === feedback) {
      calls.push('answer');
      if (isFull) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', errno: -28 });
    } else if (['fsync', 'link', 'write'].includes(call.call)) {
      const name = call.path.replace(/^.*\//, '');
      calls.push(`${call.call} ${/^[0-9a-f-]{36}$/.test(name) ? 'copy' : name}`);
    }
    return go();
  });
  await withFileSystem(files, async () => {
    let page = await serveReview(t, { source: run, outputFolder: kept });
    const [item] = (await page.items(1)) as [PageItem];
    calls.length = 0;
    t.is((await page.post([decided(item, 'k1')])).status, 503);
    const steps = [
      'write copy',
      'fsync copy',
      'write kept.jsonl',
      'fsync kept.jsonl',
      'link p4.jpg',
      'answer',
    ];
    t.deepEqual(
      [...new Set(calls)].filter((call) => steps.includes(call)),
      steps,
    );
    // The folder's names are brought to the disk between the name and the answer.
    t.true(calls.lastIndexOf('fsync kept') > calls.indexOf('link p4.jpg'));
    t.true(calls.lastIndexOf('fsync kept') < calls.indexOf('answer'));
    t.deepEqual(await picturesIn(kept), ['p4.jpg']);
    // As after a kill: there is a file, and no answer.
    await page.review.stop();
    page = await serveReview(t, { source: run, outputFolder: kept });
    t.deepEqual(page.notes, [
      `1 kept pictures in ${kept} are of answers that are not in the feedback file. They stay.`,
    ]);
    isFull = false;
    t.deepEqual((await page.save(decided(item, 'k1'))).results, ['saved']);
    t.deepEqual(await picturesIn(kept), ['p4.jpg']);
  });
});

test('what is kept is not called saved where its list was moved away', async (t) => {
  const { folder, run, kept } = await made(t);
  const page = await serveReview(t, { source: run, outputFolder: kept });
  const items = await page.items(3);
  await page.save(decided(items[0]!, 'k1'));
  await rename(join(kept, 'kept.jsonl'), join(folder, 'away.jsonl'));
  t.is((await page.post([decided(items[1]!, 'k2')])).status, 503);
  t.deepEqual(await picturesIn(kept), ['p4.jpg']);
  await rename(join(folder, 'away.jsonl'), join(kept, 'kept.jsonl'));
  t.deepEqual((await page.save(decided(items[1]!, 'k2'))).said, { k2: 'Kept as p3.jpg.' });
});

test('two answers that keep one sample keep one file, which goes with the last, and only by who kept it', async (t) => {
  const { run, kept } = await made(t);
  const page = await serveReview(t, { source: run, outputFolder: kept });
  const [item] = (await page.items(1)) as [PageItem];
  const both = await page.save(decided(item, 'k1'), decided(item, 'k2', { rater: 'bob' }));
  t.deepEqual(both.said, { k1: 'Kept as p4.jpg.', k2: 'Kept as p4.jpg.' });
  t.like(await page.save(undone('u0', 'k1', 'bob'), undone('u0', 'k2', 'ada')), {
    results: [1, 2].map(() => ({ refused: 'it takes back an answer of another rater' })),
    said: {},
  });
  t.deepEqual((await page.save(undone('u1', 'k1'))).said, {
    u1: 'Taken back; p4.jpg stays, for another answer keeps it.',
  });
  t.deepEqual((await page.save(undone('u2', 'k2'))).said, {});
  t.deepEqual(await picturesIn(kept), ['p4.jpg']);
  t.deepEqual((await page.save(undone('u2', 'k2', 'bob'))).said, { u2: 'Taken back; p4.jpg is removed.' });
});

test('what is near to what is kept is left out by perceptual hash, and comes back when that is taken back', async (t) => {
  const { run, kept } = await made(t);
  // Of the rows scored 9 to 5: the second differs from the first in 3 bits, the third in 5, the fourth has none, the fifth is far.
  await addPhashes(run, [-1n, null, 0b11111n, 0b111n, 0n, null, null, null]);
  const page = await serveReview(t, { source: run, outputFolder: kept });
  t.is(page.review.likeness, 'perceptual hashes that differ in at most 4 bits');
  const items = await page.items(10);
  t.deepEqual(hashesOf(items), ['104', '103', '102', '101', '100']);
  const ids = items.map(({ id }) => id);
  t.deepEqual(
    items.map(({ near }) => near),
    [[], [ids[0]], [ids[1]], [], []],
  );
  await page.save(decided(items[0]!, 'k1'));
  t.deepEqual(hashesOf(await page.items(10)), ['102', '101', '100']);
  await page.save(undone('u1', 'k1'));
  t.deepEqual(hashesOf(await page.items(10)), ['104', '103', '102', '101', '100']);
  await page.save(decided(items[1]!, 'k2'));
  await page.review.stop();
  const again = await serveReview(t, { source: run, outputFolder: kept });
  t.deepEqual(hashesOf(await again.items(10)), ['101', '100']);
  await again.review.stop();
  const all = await serveReview(t, { source: run, outputFolder: kept, distance: 'none' });
  t.deepEqual(hashesOf(await all.items(10)), ['104', '102', '101', '100']);
});

test('of two that hold the same pictures, near ones are kept once, whoever comes first, and what the other settled is told', async (t) => {
  const { run, kept } = await made(t);
  // The rows scored 9 and 8 are near to each other, as are those scored 7 and 6.
  await addPhashes(run, [null, -1n, -1n, 0b111n, 0n, null, null, null]);
  const page = await serveReview(t, { source: run, outputFolder: kept });
  const items = await page.items(10);
  t.deepEqual(await page.items(10, [], 'bob'), items);
  t.deepEqual(hashesOf(items), ['104', '103', '102', '101', '100']);
  await page.save(decided(items[0]!, 'a1'));
  const nearToFirst = await page.save(decided(items[1]!, 'b1', { rater: 'bob' }));
  t.deepEqual(nearToFirst.results, [
    { refused: 'its picture is near to p4.jpg, which is kept, by another page or meanwhile' },
  ]);
  // Both at the same time.
  const both = await Promise.all([
    page.save(decided(items[2]!, 'a2')),
    page.save(decided(items[3]!, 'b2', { rater: 'bob' })),
  ]);
  t.is(both.flatMap(({ results }) => results).filter((result) => result === 'saved').length, 1);
  t.is((await picturesIn(kept)).length, 2);
  const held = items.map(({ id }) => id).join(',');
  const settledFor = async (rater: string): Promise<unknown> =>
    ((await (await page.ask(`/items?rater=${rater}&count=1&held=${held}`)).json()) as PageItems).settled;
  const settled = (await settledFor('bob')) as string[];
  for (const { id } of items.slice(0, 3)) t.true(settled.includes(id));
  // What one has answered oneself may be on its way back.
  t.false(((await settledFor('ada')) as string[]).includes(items[0]!.id));

  // In one request: what is kept no longer keeps no other away.
  const instead = await page.save(
    undone('u1', 'a1'),
    decided(items[0]!, 'a3', { answer: 'leave' }),
    decided(items[1]!, 'a4'),
  );
  t.deepEqual(instead.results, ['saved', 'saved', 'saved']);
  t.deepEqual(instead.said, { u1: 'Taken back; p4.jpg is removed.', a4: 'Kept as p3.jpg.' });
  const { answers } = await readAnswers([join(kept, 'feedback.jsonl')]);
  t.is(answers.filter(({ answer }) => answer === 'keep').length, 2);
  t.is((await picturesIn(kept)).length, 2);
});

test('what is near is left out by the cosine of embeddings, of which rows that failed have none', async (t) => {
  const rows = [{ url: 'https://example.org/x', reason: 'http_not_found' }, ...ROWS.slice(0, 5)];
  const { run, kept } = await made(t, rows);
  const vectors = [
    [0, 1, 0],
    [3, 0, 0],
    [0, 0, 1],
    [1, 0.1, 0],
    [2, 0, 0],
  ];
  await addEmbeddings(run, vectors);
  const distance = { by: 'embedding', cosine: 0.99 } as const;
  const page = await serveReview(t, { source: run, outputFolder: kept, distance });
  const [first] = (await page.items(1)) as [PageItem];
  await page.save(decided(first, 'k1'));
  // By hand: the cosine of (2, 0, 0) with (1, 0.1, 0) is 0.995, with (3, 0, 0) it is 1.
  t.deepEqual(hashesOf(await page.items(10)), ['102', '100']);
});

test('bytes are those of members of archives; what is no image of a kind that is read is not copied', async (t) => {
  const { folder, run, kept } = await made(t, ROWS.slice(0, 2));
  const [first, second] = [await makePicture(31), Buffer.from('<svg onload=alert(1)>')];
  const tar = join(folder, 'some.tar');
  await writeFile(
    tar,
    tarOf([
      { name: 'a.jpg', content: first },
      { name: 'b.jpg', content: second },
    ]),
  );
  await putInTar(run, tar);
  const page = await serveReview(t, { source: run, outputFolder: kept });
  const items = await page.items(2);
  const { results } = await page.save(...items.map((item, i) => decided(item, `k${i}`)));
  t.deepEqual(results, [{ refused: 'its picture cannot be copied: What lies there is SVG.' }, 'saved']);
  t.deepEqual(await readFile(join(kept, 'p0.jpg')), first);
});

test('hostile paths of rows and lists that were changed by hand lead nowhere', async (t) => {
  const { folder, run, kept } = await made(t);
  const page = await serveReview(t, { source: run, outputFolder: kept });
  const [item, second] = (await page.items(2)) as [PageItem, PageItem];
  const before = (await readdir(folder)).sort();
  const wishes = [
    '../../owned',
    '/etc/passwd',
    '..',
    'kept.jsonl',
    '\u0000',
    'x'.repeat(500),
    5,
    { toString: 1 },
  ];
  for (const [i, stem] of wishes.entries()) {
    await page.save(decided(item, `k${i}`, { stem }));
    await page.save(undone(`u${i}`, `k${i}`));
  }
  t.deepEqual(await picturesIn(kept), []);
  t.deepEqual((await readdir(folder)).sort(), before);
  await page.save(decided(second, 'real'));
  await page.review.stop();
  // Somebody has it that an answer keeps a file outside.
  const outside = join(folder, 'outside.jpg');
  await link(join(kept, 'p3.jpg'), outside);
  const list = join(kept, 'kept.jsonl');
  const lines = (await readFile(list, 'utf8')).trim().split('\n');
  const forged = { ...(JSON.parse(lines.at(-1)!) as object), file: '../outside.jpg' };
  await writeFile(list, `${lines.join('\n')}\n${JSON.stringify(forged)}\nnull\n{"id":7}\n{"cut`);
  const again = await serveReview(t, { source: run, outputFolder: kept });
  t.deepEqual((await again.save(undone('u-real', 'real'))).said, {
    'u-real': 'Taken back; p3.jpg is removed.',
  });
  t.true((await readFile(outside)).length > 0);
});

test('what cannot be reviewed is refused before anything is shown, and said', async (t) => {
  const { run, kept, folder } = await made(t);
  const open = (changes: object): Promise<unknown> =>
    serveReview(t, { source: run, outputFolder: kept, ...changes });
  await t.throwsAsync(open({ outputFolder: run }), { code: 'BB_OUTPUT_FOLDER', message: /is a run/ });
  await t.throwsAsync(open({ outputFolder: join(run, 'images') }), { code: 'BB_OUTPUT_EXISTS' });
  await t.throwsAsync(open({ tag: 'watercolour' }), {
    code: 'BB_COLUMN_MISSING',
    message: /no score "watercolour"\. There are: aesthetic/,
  });
  await t.throwsAsync(open({ minTag: 9.5 }), {
    code: 'BB_INPUT_EMPTY',
    message: /The highest aesthetic of those with a picture is 9\.000/,
  });
  await t.throwsAsync(open({ distance: { by: 'phash', distance: 4 } }), {
    code: 'BB_COLUMN_MISSING',
    message: /score --compute-phash/,
  });
  await t.throwsAsync(open({ distance: { by: 'embedding', cosine: 0.9 } }), {
    code: 'BB_EMBEDDINGS_MISSING',
    message: /score --save-embeddings/,
  });
  await t.throwsAsync(open({ source: join(folder, 'none') }), { code: 'BB_INPUT_NOT_FOUND' });
  const page = await serveReview(t, { source: run, outputFolder: kept });
  t.is(page.review.likeness, undefined);
  await t.throwsAsync(open({ feedback: join(folder, 'other.jsonl') }), { code: 'BB_RUN_LOCKED' });
  const [item] = (await page.items(1)) as [PageItem];
  const { results } = await page.save(
    decided(item, 'd1', { sample: { hash: '201' } }),
    decided(item, 'd2', { question: 'other' }),
  );
  t.regex(JSON.stringify(results[0]), /none of those that are reviewed here/);
  t.regex(JSON.stringify(results[1]), /it answers other by keep/);
  t.is((await page.ask('/names/0/000000000000')).status, 404);
});
