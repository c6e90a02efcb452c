import { createHash } from 'node:crypto';
import test from 'ava';
import { type DOMWindow, JSDOM } from 'jsdom';
import { renderBucketPage } from '../../src/report/bucket-page.ts';
import type { BucketPageData } from '../../src/report/bucket-page-data.ts';
import type { WhatIfThresholds } from '../../src/scores/what-if-count.ts';
import {
  bruteForce,
  cubeOf,
  makeTagRows,
  randomThresholds,
  sequence,
  type TagRow,
} from '../tally/scored-rows.ts';
import { cellsOf } from './page.ts';

const NO_THRESHOLDS: WhatIfThresholds = {
  minAesthetic: null,
  maxPunsafe: null,
  maxPwatermark: null,
  missingTags: 'drop',
};

function dataOf(rows: readonly TagRow[], changes: Partial<BucketPageData> = {}): BucketPageData {
  const cube = cubeOf(rows);
  const missing = cube.byAesthetic().at(-1)!;
  return {
    title: 'tags',
    states: { scored: rows.length - missing, nullScores: missing, nanScores: 0, failed: 0 },
    meanScore: 5,
    buckets: [
      { bucket: '6', count: 3, meanScore: 6.5 },
      { bucket: '7', count: 1, meanScore: 7.25 },
    ],
    quantiles: [{ share: '0.5', score: 5.25 }],
    groups: null,
    cells: cube.cells(),
    thresholds: NO_THRESHOLDS,
    subsetCommand: 'bowerbird subset --metadata out',
    laionTable: "{'0-1': '0.00M'}",
    sources: ['/data/tags.parquet'],
    skipped: [],
    command: 'bowerbird buckets tags.parquet',
    bowerbirdVersion: '0.1.0',
    ...changes,
  };
}

/** The page in a browser that runs its script, and nothing else. */
async function openPage(data: BucketPageData): Promise<DOMWindow> {
  return new JSDOM(await renderBucketPage(data), { runScripts: 'dangerously' }).window;
}

function inputOf({ document }: DOMWindow, id: string): HTMLInputElement {
  return document.getElementById(id) as HTMLInputElement;
}

function textOf({ document }: DOMWindow, id: string): string {
  return document.getElementById(id)!.textContent!;
}

/** Sets a rule as a person does: types a number, or takes the tick away. */
function setRule(window: DOMWindow, name: string, threshold: number | null): void {
  if (threshold === null) {
    inputOf(window, `${name}-used`).checked = false;
    inputOf(window, `${name}-used`).dispatchEvent(new window.Event('change'));
    return;
  }
  inputOf(window, name).value = String(threshold);
  inputOf(window, name).dispatchEvent(new window.Event('input'));
}

function setRules(
  window: DOMWindow,
  { minAesthetic, maxPunsafe, maxPwatermark, missingTags }: WhatIfThresholds,
): void {
  inputOf(window, 'missing-keep').checked = missingTags === 'keep';
  setRule(window, 'min-aesthetic', minAesthetic);
  setRule(window, 'max-punsafe', maxPunsafe);
  setRule(window, 'max-pwatermark', maxPwatermark);
  inputOf(window, 'missing-keep').dispatchEvent(new window.Event('change'));
}

/** `1,234` and `about 1,234`. */
function numberIn(text: string): number {
  return Number(text.replace('about ', '').replaceAll(',', ''));
}

test('the control of the page shows the exact size for thresholds on the grid', async (t) => {
  const rows = makeTagRows(5000, 41);
  const window = await openPage(dataOf(rows));
  const next = sequence(42);
  t.is(numberIn(textOf(window, 'what-if-count')), 5000);
  for (let i = 0; i < 150; i++) {
    const thresholds = randomThresholds(next, true);
    setRules(window, thresholds);
    t.is(
      textOf(window, 'what-if-count'),
      bruteForce(rows, thresholds).toLocaleString('en-US'),
      JSON.stringify(thresholds),
    );
    t.is(textOf(window, 'what-if-bounds'), 'Exact.');
  }
});

test('between the steps the page shows bounds that hold', async (t) => {
  const rows = makeTagRows(5000, 43);
  const window = await openPage(dataOf(rows));
  const next = sequence(44);
  let inexact = 0;
  for (let i = 0; i < 150; i++) {
    const thresholds = randomThresholds(next, false);
    setRules(window, thresholds);
    const exact = bruteForce(rows, thresholds);
    const bounds = /at least ([\d,]+), at most ([\d,]+)/.exec(textOf(window, 'what-if-bounds'));
    if (!bounds) {
      t.is(numberIn(textOf(window, 'what-if-count')), exact);
      continue;
    }
    inexact++;
    t.true(numberIn(bounds[1]!) <= exact && exact <= numberIn(bounds[2]!), JSON.stringify(thresholds));
    t.true(textOf(window, 'what-if-count').startsWith('about '));
  }
  t.true(inexact > 50);
});

test('sliders, ticks and the command follow each other', async (t) => {
  const window = await openPage(
    dataOf(makeTagRows(100, 45), { thresholds: { ...NO_THRESHOLDS, maxPunsafe: 0.5 } }),
  );
  t.is(inputOf(window, 'max-punsafe').value, '0.5');
  const command = (): string => textOf(window, 'what-if-command').replaceAll(/\s*\\\n\s*/g, ' ');
  t.is(command(), 'bowerbird subset --metadata out --max-punsafe 0.5 --output-folder subset');
  const slider = inputOf(window, 'min-aesthetic-slider');
  slider.value = '6.5';
  slider.dispatchEvent(new window.Event('input'));
  t.is(inputOf(window, 'min-aesthetic').value, '6.5');
  t.true(inputOf(window, 'min-aesthetic-used').checked);
  setRule(window, 'max-punsafe', null);
  inputOf(window, 'missing-keep').checked = true;
  inputOf(window, 'missing-keep').dispatchEvent(new window.Event('change'));
  t.is(
    command(),
    'bowerbird subset --metadata out --min-aesthetic 6.5 --missing-tags keep --output-folder subset',
  );
  inputOf(window, 'min-aesthetic').value = '';
  inputOf(window, 'min-aesthetic').dispatchEvent(new window.Event('input'));
  t.false(inputOf(window, 'min-aesthetic-used').checked);
});

test('bars that the aesthetic threshold leaves out are marked', async (t) => {
  const rows = [2.05, 4.05, 6.05, 8.05].map((aesthetic) => ({ aesthetic, punsafe: null, pwatermark: null }));
  const window = await openPage(dataOf(rows));
  const out = (): boolean[] =>
    [...window.document.querySelectorAll('svg.histogram.wide .kept rect')].map((bar) =>
      bar.classList.contains('out'),
    );
  t.deepEqual(out(), [false, false, false, false]);
  setRule(window, 'min-aesthetic', 6);
  t.deepEqual(out(), [true, true, false, false]);
});

test('the policy allows the one style sheet and the one script by their hashes, and nothing else', async (t) => {
  const { document } = new JSDOM(await renderBucketPage(dataOf(makeTagRows(100, 46)))).window;
  const hashOf = (selector: string): string => {
    const found = [...document.querySelectorAll(selector)];
    t.is(found.length, 1, selector);
    return `'sha256-${createHash('sha256').update(found[0]!.textContent!).digest('base64')}'`;
  };
  t.deepEqual(
    document
      .querySelector('meta[http-equiv="Content-Security-Policy"]')!
      .getAttribute('content')!
      .split('; '),
    [
      "default-src 'none'",
      `style-src ${hashOf('style')}`,
      `script-src ${hashOf('script:not([type])')}`,
      "base-uri 'none'",
      "form-action 'none'",
    ],
  );
  t.is(document.querySelectorAll('[style], [onclick], link, iframe, img, object, form, base').length, 0);
  const addresses = [...document.querySelectorAll('[src], [href]')].map(
    (element) => element.getAttribute('href') ?? 'src',
  );
  for (const address of addresses) t.truthy(document.getElementById(address.slice(1)), address);
  t.notRegex(document.querySelector('style')!.textContent!, /url\(|@import/);
});

test('hostile text in the data is text in the page, and no script of it runs', async (t) => {
  const hostile = `</script></style><script>alert(1)</script><img src=x onerror="alert(2)">'&\u0000`;
  const group = { name: hostile, rows: 1, scored: 1, meanAesthetic: 5, meanPunsafe: null, above: [1] };
  const data = dataOf(makeTagRows(10, 47), {
    title: hostile,
    subsetCommand: hostile,
    sources: [hostile],
    command: hostile,
    laionTable: hostile,
    bowerbirdVersion: hostile,
    skipped: [{ path: hostile, reason: hostile }],
    groups: { by: hostile, thresholds: [5], top: [group], groupCount: 1, rows: 1 },
  });
  const window = await openPage(data);
  window.alert = () => t.fail('a script ran');
  t.is(window.document.querySelectorAll('script').length, 2);
  t.is(window.document.querySelectorAll('img').length, 0);
  t.is(window.document.querySelector('h1')!.textContent, hostile.replace('\u0000', '\uFFFD'));
  t.true(textOf(window, 'what-if-command').startsWith(hostile));
});

test('every control has a name, and the answer is announced', async (t) => {
  const { document } = await openPage(dataOf(makeTagRows(100, 48)));
  for (const input of document.querySelectorAll('input')) {
    t.truthy(input.getAttribute('aria-label') ?? input.closest('label')?.textContent?.trim(), input.id);
  }
  t.is(document.querySelector('.answer')!.getAttribute('aria-live'), 'polite');
  t.false(document.querySelector('.what-if')!.hasAttribute('hidden'));
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  t.is(new Set(ids).size, ids.length);
});

test('the tables have the numbers of the data; without any score there is no chart', async (t) => {
  const { document } = await openPage(dataOf(makeTagRows(100, 49)));
  t.deepEqual(cellsOf(document, 'buckets'), [
    ['7-8', '1', '25.0%', '7.250', '1', '25.0%'],
    ['6-7', '3', '75.0%', '6.500', '4', '100%'],
  ]);
  t.deepEqual(cellsOf(document, 'quantiles'), [['0.5', '5.2500']]);
  const empty = await openPage(dataOf([], { buckets: [], quantiles: [], meanScore: null }));
  t.is(empty.document.querySelectorAll('svg.chart').length, 0);
  t.is(textOf(empty, 'what-if-count'), '0');
});
