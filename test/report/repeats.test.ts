import test from 'ava';
import { renderRepeats } from '../../src/report/sections/repeats.ts';
import { makeSampleRun } from './sample-run.ts';

test('repeated pictures are told with their rows, what they look like where that is known, and an address', async (t) => {
  const { repeats } = await makeSampleRun();
  const text = renderRepeats(repeats)!.markup;
  t.regex(
    text,
    /Rows with the same perceptual hash: 2 pictures are there more than once, in 1[^\d]?236 rows/,
  );
  t.is(text.split('<img ').length, 2);
  t.true(
    text.includes('https://example.com/removed.png') &&
      text.includes('not on this page') &&
      text.includes('bowerbird browse finds them') &&
      text.includes('no URL'),
  );
  t.regex(
    renderRepeats({ by: 'sha256', pictures: 0, rows: 0, most: [] })!.markup,
    /No picture is there twice/,
  );
  t.is(renderRepeats(null), null);
});
