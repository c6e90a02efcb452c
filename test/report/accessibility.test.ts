import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import type { AxeResults } from 'axe-core';
import { JSDOM } from 'jsdom';
import { renderAuditPage } from '../../src/report/audit-page.ts';
import { renderBucketPage } from '../../src/report/bucket-page.ts';
import { renderEvaluationPage } from '../../src/report/evaluation/page.ts';
import { renderPostsPage } from '../../src/report/posts/page.ts';
import { renderReport } from '../../src/report/render.ts';
import { renderTrainPage } from '../../src/report/train-page.ts';
import { chromiumPath } from '../helpers/chromium.ts';
import { cubeOf, makeTagRows } from '../tally/scored-rows.ts';
import { auditData } from './audit-page.ts';
import { evaluationData } from './evaluation-page.ts';
import { emptyPostsPageData, postsPageData } from './posts-page.ts';
import { makeEmptyRun, makeSampleRun } from './sample-run.ts';
import { makePixelTraining, makeTraining } from './sample-training.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** A style sheet is one for both widths and one for both schemes: two of the four show what there is. */
const VIEWS = [
  { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { viewport: { width: 420, height: 900 }, colorScheme: 'dark' },
] as const;

async function makeBucketPage(): Promise<string> {
  const cube = cubeOf(makeTagRows(500, 61));
  const group = { name: 'en', rows: 9, scored: 8, meanAesthetic: 5, meanPunsafe: 0.1, above: [1, 1, 1, 1] };
  return renderBucketPage({
    title: 'tags',
    states: { scored: 450, nullScores: 40, nanScores: 10, failed: 3 },
    meanScore: 5,
    buckets: [
      { bucket: '6', count: 300, meanScore: 6.5 },
      { bucket: '7', count: 150, meanScore: 7.25 },
    ],
    quantiles: [{ share: '0.5', score: 5.25 }],
    groups: { by: 'LANGUAGE', thresholds: [5, 6, 7, 8], top: [group], groupCount: 2, rows: 20 },
    cells: cube.cells(),
    thresholds: { minAesthetic: 6, maxPunsafe: 0.5, maxPwatermark: null, missingTags: 'drop' },
    subsetCommand: 'bowerbird subset --metadata out',
    laionTable: "{'6-7': '300', '7-8': '150'}",
    sources: ['/data/tags.parquet'],
    skipped: [{ path: 'x', reason: 'x is no Parquet' }],
    command: 'bowerbird buckets tags.parquet',
    bowerbirdVersion: '0.1.0',
  });
}

/** Every page, in its fullest and its emptiest state. */
async function makePages(): Promise<Record<string, string>> {
  const run = await makeSampleRun();
  const unchecked = [{ tag: 'punsafe', rows: 3, hasRule: true, hasSource: true } as const];
  return {
    'the report': await renderReport({ ...run, unchecked }),
    'the report of an empty run': await renderReport(makeEmptyRun()),
    'the page of buckets': await renderBucketPageOnce(),
    'the page of a training': await renderTrainPage(makeTraining()),
    'the page of the training of a network on pixels': await renderTrainPage(makePixelTraining()),
    'the page of an evaluation': await renderEvaluationPage(evaluationData()),
    'the page of an audit': await renderAuditPage(auditData()),
    'the page of an audit without groups': await renderAuditPage(auditData({ kinds: [] })),
    'the page about posts': await renderPostsPage(postsPageData()),
    'the page about no posts': await renderPostsPage(emptyPostsPageData()),
  };
}

let bucketPage: Promise<string> | undefined;
function renderBucketPageOnce(): Promise<string> {
  bucketPage ??= makeBucketPage();
  return bucketPage;
}

/** What was found, a line each. */
function describe({ violations }: AxeResults): string[] {
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${impact}) ${target.join(' ')}: ${failureSummary}`),
  );
}

test('axe finds nothing in the structure of any page', async (t) => {
  const { default: axe } = await import('axe-core');
  for (const [name, markup] of Object.entries(await makePages())) {
    const { window } = new JSDOM(markup, { runScripts: 'outside-only' });
    window.eval(axe.source);
    // jsdom lays nothing out: colours and sizes are the browser's to judge.
    const rules = { 'color-contrast': { enabled: false }, 'target-size': { enabled: false } };
    const results = await (window as unknown as { axe: typeof axe }).axe.run(window.document, { rules });
    t.deepEqual(describe(results), [], name);
    t.true(results.passes.length > 10);
  }
});

test('axe finds nothing in a browser, wide and light or narrow and dark; nothing is wider than the window', async (t) => {
  if (chromiumPath === undefined) {
    t.log('Skipped: no Chromium is installed (or set CHROMIUM to its path).');
    t.pass();
    return;
  }
  const { chromium } = await import('playwright-core');
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-pages-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox'],
    timeout: 120_000,
  });
  t.teardown(() => browser.close());
  for (const [name, markup] of Object.entries(await makePages())) {
    const file = join(folder, `${name.replaceAll(' ', '-')}.html`);
    await writeFile(file, markup);
    for (const view of VIEWS) {
      const context = await browser.newContext({ ...view, bypassCSP: true });
      const page = await context.newPage();
      await page.goto(pathToFileURL(file).href);
      await page.addScriptTag({ path: AXE });
      const results = (await page.evaluate('axe.run()')) as AxeResults;
      const seen = `${name}, ${view.colorScheme}, ${view.viewport.width}`;
      t.deepEqual(describe(results), [], seen);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      t.true(Number(width) <= view.viewport.width, `${seen} is ${width} wide`);
      await context.close();
    }
  }
});
