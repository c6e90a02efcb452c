import test from 'ava';
import { JSDOM } from 'jsdom';
import { renderTrainPage } from '../../src/report/train-page.ts';
import { cellsOf } from './page.ts';
import { makeLinearTraining, makePixelTraining, makeTraining } from './sample-training.ts';

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

test('a network on pixels shows the order by step, its own words on losses, and pictures that are PNG files', async (t) => {
  const { document } = new JSDOM(await renderTrainPage(makePixelTraining())).window;
  t.is(document.querySelector('#training .lead')!.textContent, 'Loss of the network.');
  t.is(document.querySelectorAll('#rankings .chart.wide .line').length, 3);
  t.true(document.querySelector('#rankings')!.textContent!.includes('10 posts'));
  t.regex(document.querySelector<HTMLImageElement>('#worst img')!.src, /^data:image\/png;base64,iVBOR/);
  t.deepEqual([...document.querySelectorAll('nav a')].map(({ textContent }) => textContent).slice(0, 3), [
    'Training',
    'Too little?',
    'Order',
  ]);
});
