import test from 'ava';
import { cellsOf, openPage } from './page.ts';
import { makeEmptyRun, makeSampleRun } from './sample-run.ts';

/** 12,345 -> 12345, and a true minus -> -. */
function numberIn(text: string): number {
  return Number(text.replaceAll(',', '').replace('\u2212', '-'));
}

test('the headline numbers are the data\u2019s', async (t) => {
  const run = await makeSampleRun();
  const page = await openPage(run);
  const figures = [...page.querySelectorAll('.figure dd')].map((figure) =>
    figure.firstChild!.textContent!.trim(),
  );
  const { total, successes, kept } = run.rows;
  t.deepEqual(figures, [
    '120,000',
    '91,204',
    kept.toLocaleString('en'),
    run.saved!.images.toLocaleString('en'),
    (total - successes).toLocaleString('en'),
  ]);
  t.is(
    page.querySelector('title')!.textContent,
    `${run.title}: ${kept.toLocaleString('en')} of 120,000 kept`,
  );
});

test('the bucket table lists all buckets with their counts, highest first', async (t) => {
  const run = await makeSampleRun();
  const cells = cellsOf(await openPage(run), 'buckets');
  t.deepEqual(
    cells.map(([, count]) => numberIn(count!)),
    run.buckets.map(({ count }) => count).reverse(),
  );
  t.deepEqual(
    cells.map(([name]) => name),
    ['>=10', '9-10', '8-9', '7-8', '6-7', '5-6', '4-5', '3-4', '2-3', '1-2', '0-1', '<0'],
  );
  t.deepEqual(
    cells.map(([, , , mean]) => mean),
    run.buckets.map(({ meanScore }) => meanScore?.toFixed(3) ?? '\u2013').reverse(),
  );
});

test('where scores stand for counted things, the bucket table has its bounds in them too', async (t) => {
  const run = await makeSampleRun();
  const label = { transform: 'log1p', unit: 'likes' } as const;
  const scoreSource = { ...run.provenance.scoreSource, label };
  const page = await openPage({ ...run, provenance: { ...run.provenance, scoreSource } });
  const heads = [...page.querySelectorAll('#buckets thead th')].map((cell) => cell.textContent);
  t.is(heads.at(-1), 'In likes');
  const cells = cellsOf(page, 'buckets').map((row) => row.at(-1));
  // exp(k) - 1 for whole k, to three digits.
  t.deepEqual(cells.slice(0, 3), ['>=22000', '8100-22000', '2980-8100']);
  t.deepEqual(cells.slice(-2), ['0-1.72', '0']);
});

test('the losses of the funnel lead from all rows to the kept ones', async (t) => {
  const run = await makeSampleRun();
  const steps = cellsOf(await openPage(run), 'funnel').map(([name, count]) => ({
    name,
    count: numberIn(count!),
  }));
  const stands = steps.filter(({ count }) => count > 0);
  t.deepEqual(stands, [
    { name: 'Rows in', count: run.rows.total },
    { name: 'Scored', count: run.rows.successes },
    { name: 'Kept', count: run.rows.kept },
  ]);
  const losses = steps.filter(({ count }) => count <= 0);
  t.is(
    losses.reduce((sum, { count }) => sum + count, run.rows.total),
    run.rows.kept,
  );
});

test('reasons are listed by count with their explanation', async (t) => {
  const run = await makeSampleRun();
  const cells = cellsOf(await openPage(run), 'reasons');
  t.deepEqual(
    cells.map(([, count]) => numberIn(count!)),
    run.reasons.map(({ count }) => count).sort((a, b) => b - a),
  );
  t.regex(cells[0]![0]!, /^http_not_found failed to download.*404/);
});

test('the histogram has a mark for every bin with kept rows and for every bin with dropped rows', async (t) => {
  const run = await makeSampleRun();
  const page = await openPage(run);
  for (const size of ['wide', 'narrow']) {
    const marks = (kind: string): number => page.querySelectorAll(`.histogram.${size} .${kind} rect`).length;
    t.is(marks('kept'), run.histogram.filter(({ kept }) => kept > 0).length);
    t.is(marks('dropped'), run.histogram.filter(({ count, kept }) => count > kept).length);
    t.is(page.querySelectorAll(`.histogram.${size} .threshold line`).length, 1);
  }
});

test('the heights of the histogram\u2019s marks are in proportion to the counts', async (t) => {
  const bins = [
    { from: 4, to: 4.1, count: 100, kept: 100 },
    { from: 5, to: 5.1, count: 40, kept: 10 },
  ];
  const page = await openPage({ ...makeEmptyRun(), histogram: bins });
  const heights = (kind: string): number[] =>
    [...page.querySelectorAll(`.histogram.wide .${kind} rect`)].map((mark) =>
      Number(mark.getAttribute('height')),
    );
  const [tall, short] = heights('kept');
  t.true(Math.abs(tall! / short! - 10) < 0.01);
  t.true(Math.abs(tall! / heights('dropped')[0]! - 10 / 3) < 0.01);
});

test('scores in the tails are told in words', async (t) => {
  const histogram = [
    { from: Number.NEGATIVE_INFINITY, to: -5, count: 12, kept: 0 },
    { from: 4, to: 4.1, count: 1, kept: 1 },
    { from: 15, to: Number.POSITIVE_INFINITY, count: 3, kept: 3 },
  ];
  const page = await openPage({ ...makeEmptyRun(), histogram });
  const notes = [...page.querySelectorAll('#scores figcaption p')].map((note) => note.textContent);
  t.deepEqual(notes, [
    'Not drawn: 12 with a score of below \u22125.',
    'Not drawn: 3 with a score of 15 or more.',
  ]);
});

test('samples go from the highest score down, and the threshold has a list for each side', async (t) => {
  const run = await makeSampleRun();
  const page = await openPage(run);
  const scores = [...page.querySelectorAll('#samples .score b')].map((score) => Number(score.textContent));
  t.is(scores.length, run.samples.filter(({ near }) => near === null).length);
  t.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
  const sides = [...page.querySelectorAll('#threshold .sides > div')].map((side) =>
    [...side.querySelectorAll('.score b')].map((score) => score.textContent),
  );
  t.deepEqual(sides, [
    ['5.5010', '5.5020', '5.5030', '5.5040', '5.5050', '5.5060'],
    ['5.5000', '5.4990', '5.4980', '5.4970', '5.4960', '5.4950'],
  ]);
});

test('a book that does not balance is called one', async (t) => {
  const run = await makeSampleRun();
  const page = await openPage({
    ...run,
    rows: { ...run.rows, total: run.rows.total + 1, kept: run.rows.kept + 1 },
  });
  const notices = [...page.querySelectorAll('.notice')].filter((notice) =>
    /do not balance/.test(notice.textContent),
  );
  t.is(notices.length, 2);
});
