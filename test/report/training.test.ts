import test from 'ava';
import { JSDOM } from 'jsdom';
import { renderTrainPage } from '../../src/report/train-page.ts';
import { cellsOf } from './page.ts';
import { makeLinearTraining, makeTraining } from './sample-training.ts';

test('the page of a training shows where networks are kept, and names as words; what is missing is a word', async (t) => {
  const { document } = new JSDOM(await renderTrainPage(makeTraining())).window;
  t.deepEqual(cellsOf(document, 'plain')[0], ['1', '10', '20', '0.6', '0.5', '0.55']);
  t.is(document.querySelectorAll('.chart.lines.wide .point circle').length, 2);
  t.is(document.querySelectorAll('.chart.calibration.narrow .point circle').length, 2);
  t.is(document.querySelectorAll('#ratios .chart.wide .line path').length, 2);
  t.is(document.querySelectorAll('#ratios .chart.wide .same path').length, 1);
  t.regex(document.querySelector('#ratios figcaption')!.textContent, /in the unit of scores.*in likes/s);
  t.is(document.querySelectorAll('script').length, 0);
  const captions = [...document.querySelectorAll('#worst figcaption')].map(({ textContent }) => textContent);
  t.deepEqual(captions, ['<script>alert(1)</script>', '<b>key</b>']);
  t.is(document.querySelectorAll('#worst img').length, 1);
  t.is(document.querySelector('#best .no-picture')!.textContent, 'no picture');
  t.true(document.querySelector('#figures')!.textContent.includes('\u2013'));
});

test('a linear fit shows its penalties, and says where nothing is held out', async (t) => {
  const { document } = new JSDOM(await renderTrainPage(makeLinearTraining())).window;
  t.deepEqual(cellsOf(document, 'plain')[1], ['1, taken', '1.5']);
  t.is(document.querySelector('#calibration .empty')!.textContent, 'No answer is held out.');
  t.is(document.querySelector('#ratios'), null);
  t.is(document.querySelector('#worst .empty')!.textContent, 'None.');
});
