import test from 'ava';
import { JSDOM } from 'jsdom';
import { renderEvaluationPage } from '../../src/report/evaluation/page.ts';
import { evaluationData } from './evaluation-page.ts';

test('the page shows figures with intervals, tests, curves, thresholds, maps and pictures', async (t) => {
  const { document: page } = new JSDOM(await renderEvaluationPage(evaluationData())).window;
  const cells = [...page.querySelectorAll('#rating .figures-table tbody tr')].map((row) =>
    [...row.querySelectorAll('th, td')].map((cell) => cell.textContent.trim()),
  );
  t.deepEqual(cells, [
    ['spearman', '0.9000.850 to 0.950', '0.4000.350 to 0.450'],
    ['RMSE', '0.2000.150 to 0.250', '\u2013'],
    ['ranking accuracy at 2by chance 0.500', '0.800', '0.800'],
  ]);
  t.is(page.querySelector('.tests li')!.textContent, 'A - B  spearman +0.500: A is better');
  // Intervals, ranking, ROC, two cumulative curves, three calibrations, ratios by range and by step, one map; each in two widths.
  t.is(page.querySelectorAll('svg.chart').length, 2 * (1 + 1 + 1 + 2 + 3 + 2 + 1));
  t.is(page.querySelectorAll('#rating .same').length, 4);
  const dots = [...page.querySelectorAll('#rating .chart.grouped.wide')].map((chart) => [
    chart.querySelectorAll('.point circle').length,
    chart.querySelectorAll('.threshold line').length,
  ]);
  t.deepEqual(dots, [
    [2, 2],
    [1, 1],
  ]);
  t.is(page.querySelector('#training .legend')!.textContent.trim(), 'A, in likes');
  t.is(page.querySelector('#thresholds tbody tr')!.textContent, '5 %7.2508.500 (4.1 %)');
  t.is(page.querySelectorAll('#percentiles img').length, 1);
  t.is(page.querySelectorAll('#percentiles .key-only').length, 2);
  t.is(page.querySelectorAll('#taste .opposed rect').length, 2 * 2);
  t.deepEqual(
    [...page.querySelectorAll('nav a')].map((link) => link.textContent),
    ['Ratings', 'While training', 'Whose taste', 'Thresholds', 'Disagreements', 'Percentiles', 'Source'],
  );
});

test('names of heads, raters and samples stay text, and nothing is loaded or run', async (t) => {
  const markup = await renderEvaluationPage(evaluationData());
  const { document: page } = new JSDOM(markup).window;
  t.is(page.querySelectorAll('script, main b > b, [onerror], [onload], [style]').length, 0);
  t.regex(markup, /default-src 'none'; img-src data:;/);
  t.true([...page.querySelectorAll('img')].every((img) => img.src.startsWith('data:image/webp;base64,')));
  t.regex(page.querySelector('#taste tbody th')!.textContent, /^<b>ada<\/b>/);
});

test('an evaluation of one head without a collection, and of no answers that can be asked, has a page too', async (t) => {
  const [part] = evaluationData().parts;
  const empty = {
    ...part!.heads[0]!,
    count: 0,
    figures: [],
    roc: [],
    ...{ calibration: [], calibrationInLikes: [] },
    ranges: [],
    rankingAccuracy: [],
  };
  const data = evaluationData({
    ...{ heads: evaluationData().heads.slice(0, 1), collection: null, taste: [] },
    parts: [{ ...part!, heads: [empty], tests: [] }],
  });
  const { document: page } = new JSDOM(await renderEvaluationPage(data)).window;
  t.regex(page.querySelector('#rating .empty')!.textContent, /No samples can be asked/);
  t.is(page.querySelector('#taste, #thresholds, #percentiles'), null);
});
