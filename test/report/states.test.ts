import test from 'ava';
import { EXPLAINED_REASONS, reasonText } from '../../src/report/reason-texts.ts';
import { renderReport } from '../../src/report/render.ts';
import { type FailureReason, passesOf, REASONS } from '../../src/samples/reasons.ts';
import { cellsOf, openPage } from './page.ts';
import { makeEmptyRun, makeSampleRun } from './sample-run.ts';

const FORBIDDEN = /NaN|Infinity|undefined|null|\[object/;

test('every reason of the closed list has a text, and no other has', (t) => {
  t.deepEqual([...EXPLAINED_REASONS].sort(), Object.keys(REASONS).sort());
  for (const reason of Object.keys(REASONS) as FailureReason[]) {
    const { advice } = reasonText(reason);
    const isTried = advice.includes('--retry-failed') && !advice.includes('--retry-reasons');
    t.is(isTried, passesOf(reason) !== 'never', `${reason}: ${advice}`);
  }
});

test('an unknown reason gets a neutral text, whatever its name', (t) => {
  t.is(reasonText('constructor'), reasonText('not_a_reason'));
});

test('rows that were tried again are shown by the reason for which they had failed, also where none is left that failed', async (t) => {
  const run = await makeSampleRun();
  const { total } = run.rows;
  const rows = { ...run.rows, successes: total, failedToDownload: 0, failedToResize: 0, failedToEmbed: 0 };
  for (const data of [run, { ...run, rows, reasons: [] }])
    t.deepEqual(cellsOf(await openPage(data), 'retried'), [
      ['timed_out', '5,200', '789'],
      ['dns_failed', '12', '7'],
    ]);
  t.deepEqual(cellsOf(await openPage({ ...run, retried: [] }), 'retried'), []);
});

test('the same data give the same bytes', async (t) => {
  const run = await makeSampleRun();
  t.is(await renderReport(run), await renderReport(structuredClone(run)));
});

test('a page is its thumbnails and less than 120 kB around them', async (t) => {
  const run = await makeSampleRun();
  const thumbnails = run.samples.reduce((sum, { thumbnailBase64 }) => sum + thumbnailBase64.length, 0);
  t.true(Buffer.byteLength(await renderReport(run)) - thumbnails < 120_000);
});

test('captions and URLs of a megabyte do not make the page larger', async (t) => {
  const run = await makeSampleRun();
  const long = (text: string): string => text.repeat(1_000_000 / text.length);
  const samples = run.samples.map((sample) => ({
    ...sample,
    caption: long('e\u0301 \u{1F9D1}\u200D\u{1F680}'),
    origin: `http://h/${long('a')}`,
  }));
  const growth = (await renderReport({ ...run, samples })).length - (await renderReport(run)).length;
  t.true(growth < 2_500 * samples.length);
});

test('a run without rows has a page that says so', async (t) => {
  const page = await openPage(makeEmptyRun());
  t.regex(page.querySelector('.top')!.textContent, /no rows/);
  t.is(page.querySelectorAll('svg').length, 0);
  t.notRegex(page.body.textContent, FORBIDDEN);
});

test('a run in which every row failed shows the reasons and no scores', async (t) => {
  const empty = makeEmptyRun();
  const page = await openPage({
    ...empty,
    rows: { ...empty.rows, total: 10, failedToDownload: 10 },
    reasons: [{ reason: 'dns_not_found', status: 'failed_to_download', count: 10 }],
  });
  t.regex(page.querySelector('#scores')!.textContent, /No image was scored/);
  t.regex(page.querySelector('#failures')!.textContent, /10 rows failed, 100% of all/);
  t.notRegex(page.body.textContent, FORBIDDEN);
});

test('a run without thresholds says that all was kept, and has no section on the threshold', async (t) => {
  const run = await makeSampleRun();
  const page = await openPage({
    ...run,
    rows: { ...run.rows, kept: run.rows.successes },
    droppedBy: [],
    thresholds: { minAesthetic: null, maxPunsafe: null, maxPwatermark: null, missingTags: 'drop' },
    histogram: run.histogram.map((bin) => ({ ...bin, kept: bin.count })),
  });
  t.regex(
    page.querySelector('#filter')!.textContent,
    /No thresholds were set: every row that did not fail was kept/,
  );
  t.is(page.querySelector('#threshold'), null);
  t.is(page.querySelectorAll('.dropped rect, .threshold').length, 0);
  t.is(page.querySelectorAll('.notice:not(.encoder)').length, 0);
});

test('a run without an aesthetic head says why there are no scores', async (t) => {
  const empty = makeEmptyRun();
  const rows = { ...empty.rows, total: 5, successes: 5, kept: 5 };
  const scoreSource = { ...empty.provenance.scoreSource, head: null };
  const page = await openPage({
    ...empty,
    rows,
    provenance: { ...empty.provenance, heads: [], scoreSource },
  });
  t.regex(page.querySelector('#scores')!.textContent, /neither an aesthetic head nor a column/);
  t.regex(page.querySelector('.top')!.textContent, /there are no aesthetic scores/);
  t.deepEqual(
    [...page.querySelectorAll('.figure dt')].map((term) => term.textContent),
    ['Rows in', 'Embedded', 'Kept', 'Failed'],
  );
});

test('a single bucket and ten million rows are drawn and written in full', async (t) => {
  const empty = makeEmptyRun();
  const count = 10_000_000;
  const page = await openPage({
    ...empty,
    rows: { ...empty.rows, total: count, successes: count, kept: 0 },
    droppedBy: [{ rule: 'aesthetic', count }],
    thresholds: { ...empty.thresholds, minAesthetic: 9 },
    histogram: [{ from: 5, to: 5.1, count, kept: 0 }],
    buckets: empty.buckets.map((bucket) =>
      bucket.name === '5'
        ? { ...bucket, count, meanScore: 5.05, rawMeanNorm: 0.9, headOnMean: null }
        : bucket,
    ),
  });
  t.is(page.querySelector('.figure dd')!.firstChild!.textContent, '10,000,000');
  t.is(page.querySelectorAll('.histogram.wide .dropped rect').length, 1);
  t.regex(page.querySelector('.histogram.wide')!.textContent, /10M/);
});

test('the built-in encoder is never presented as CLIP', async (t) => {
  const run = makeEmptyRun();
  const encoder = { ...run.provenance.encoder, name: 'vit-b-32', description: 'CLIP ViT-B/32' };
  const scoreSource = { ...run.provenance.scoreSource, encoder, head: 'linear' };
  const other = await openPage({ ...run, provenance: { ...run.provenance, encoder, scoreSource } });
  t.regex((await openPage(run)).querySelector('.top')!.textContent, /photographic measures, not CLIP/);
  t.notRegex(other.querySelector('.top')!.textContent, /photographic measures/);
});

test('captions take the direction of their own script', async (t) => {
  const page = await openPage(await makeSampleRun());
  const arabic = [...page.querySelectorAll('.caption')].find(({ textContent }) =>
    /\p{Script=Arabic}/u.test(textContent),
  );
  t.is(arabic!.getAttribute('dir'), 'auto');
});

test('of many inputs the first twenty are listed', async (t) => {
  const run = await makeSampleRun();
  const [input] = run.provenance.inputs;
  const inputs = Array.from({ length: 128 }, (_, i) => ({ ...input!, path: `part-${i}.parquet` }));
  const page = await openPage({ ...run, provenance: { ...run.provenance, inputs } });
  t.is(page.querySelectorAll('table.inputs tbody tr').length, 20);
  t.regex(page.querySelector('#provenance')!.textContent, /and 108 more/);
});

test('every picture has a text, every table heads, and headings skip no level', async (t) => {
  const page = await openPage(await makeSampleRun());
  t.is(
    page.querySelectorAll('img:not([alt]), img[alt=""], svg:not([aria-label]):not([aria-hidden])').length,
    0,
  );
  t.is(
    page.querySelectorAll('table:not(:has(thead th[scope="col"])), tbody tr:not(:has(th[scope="row"]))')
      .length,
    0,
  );
  const levels = [...page.querySelectorAll('h1, h2, h3')].map(({ tagName }) => Number(tagName[1]));
  t.true(levels.every((level, i) => level <= (levels[i - 1] ?? 0) + 1));
});
