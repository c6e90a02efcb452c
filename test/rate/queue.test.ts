import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { SampleName } from '../../src/feedback/answer.ts';
import { lineOfQueueItem, type QueueReason } from '../../src/feedback/queue-items.ts';
import type { PageItem, PageItems } from '../../src/rate/page-data.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { answered, type Served, serveRate, writePhotos } from './world.ts';

const key = (number: number): SampleName => ({ key: `00000000${number}` });

const line = (digit: string, left: number, right: number, why: QueueReason = 'random'): string =>
  lineOfQueueItem({
    ...{ id: digit.repeat(16), question: 'aesthetic', mode: 'pair', why },
    ...{ left: key(left), right: key(right) },
  });

async function writeQueue(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(`${path}.new`, lines.map((text) => `${text}\n`).join(''));
  await rename(`${path}.new`, path);
}

/** What is asked, as the queue names it: `3-1`. */
const asked = (items: readonly PageItem[]): string[] =>
  items.map(({ samples, swapped }) => {
    const keys = samples.map(({ name }) => name.key!.at(-1));
    return (swapped ? keys.reverse() : keys).join('-');
  });

async function serveQueue(
  t: Parameters<typeof serveRate>[0],
  lines: readonly string[],
): Promise<Served & { queue: string }> {
  const folder = await makeFolder(t);
  const source = await writePhotos(folder, 5);
  const queue = join(folder, 'next.jsonl');
  await writeQueue(queue, lines);
  const options = { source, feedback: join(folder, 'taste.jsonl'), queue, repeatShare: 0.5 };
  return { ...(await serveRate(t, options)), queue };
}

test('a queue is asked in its order, to each rater, and what was answered is not asked again when it is replaced', async (t) => {
  const lines = [line('a', 3, 1), line('b', 0, 2), line('c', 4, 0), line('d', 1, 2)];
  const page = await serveQueue(t, lines);
  const first = await page.items('ada', 3);
  t.deepEqual(asked(first), ['3-1', '0-2', '4-0']);
  t.deepEqual(
    first.map(({ queue }) => queue),
    ['a', 'b', 'c'].map((digit) => digit.repeat(16)),
  );
  // An answer keeps the item, and whether it was shown as the queue has it.
  await page.save([answered(first[0]!, 'q1', { queue: first[0]!.queue })]);
  // What the page holds is not given to it twice, and what is answered not at all.
  t.deepEqual(asked(await page.items('ada', 5, [first[1]!.id])), ['4-0', '1-2']);
  t.deepEqual(asked(await page.items('bob', 1)), ['3-1']);

  // The same pair under another id, in another order: it was answered; as a repeat it is asked, as the queue has it.
  await writeQueue(page.queue, [line('e', 1, 3), line('d', 1, 2), line('f', 1, 3, 'repeat')]);
  const next = (await (await page.ask('/items?rater=ada&count=9')).json()) as PageItems;
  t.deepEqual(asked(next.items), ['1-2', '1-3']);
  t.is(next.items[1]!.swapped, false);
  t.like(next, { isEnd: true, left: 2 });
});

test('items that cannot be asked here are counted and told, and the others asked', async (t) => {
  const page = await serveQueue(t, [
    line('a', 3, 1),
    line('b', 0, 9),
    line('c', 4, 0).replace('aesthetic', 'useful'),
    '{"v":1,"id":',
    line('a', 2, 1),
  ]);
  t.deepEqual(asked(await page.items('ada', 5)), ['3-1']);
  const notes = page.notes.join('\n');
  t.regex(notes, /1 line is passed over \(not-json\)/);
  t.regex(notes, /1 line is passed over \(id-repeated\)/);
  t.regex(
    notes,
    /Of the items of \S+next\.jsonl, 1 are passed over, for they ask something else than aesthetic by pair/,
  );
  t.regex(notes, /1 are passed over, for they are about samples without a picture here/);
});

test('a queue that asks nothing here is refused; one that is gone later is still asked', async (t) => {
  await t.throwsAsync(serveQueue(t, [line('b', 8, 9)]), {
    code: 'BB_INPUT_EMPTY',
    message: /asks nothing here/,
  });
  const page = await serveQueue(t, [line('a', 3, 1)]);
  await rename(page.queue, `${page.queue}.gone`);
  t.deepEqual(asked(await page.items('ada', 5)), ['3-1']);
  t.regex(page.notes.join('\n'), /What it asked before is still asked\.$/);
});
