import test from 'ava';
import { JSDOM } from 'jsdom';
import { renderAuditPage } from '../../src/report/audit-page.ts';
import { auditData } from './audit-page.ts';

test('the page of an audit shows the share of each group with its interval beside that of all, and marks what is treated otherwise', async (t) => {
  const markup = await renderAuditPage(auditData());
  const { document: page } = new JSDOM(markup).window;
  t.deepEqual(
    [...page.querySelectorAll('#term tbody tr')].map((row) =>
      [...row.querySelectorAll('th, td')].map(({ textContent }) => textContent),
    ),
    [
      ['<script>alert(1)</script>', '100', '10.0%', '5.0%', '15.0%', '<0.001'],
      ['sunset', '100', '60.0%', '55.0%', '65.0%', '<0.001'],
    ],
  );
  const drawn = (section: string, mark: string): number =>
    page.querySelectorAll(`${section} .chart.wide ${mark}`).length;
  t.deepEqual(
    ['.point circle', '.plain-point circle', '.interval line', '.threshold line'].map((mark) =>
      drawn('#term', mark),
    ),
    [2, 0, 2, 1],
  );
  t.deepEqual(
    ['.point circle', '.plain-point circle', '.interval line'].map((mark) => drawn('#host', mark)),
    [0, 1, 1],
  );
  t.regex(page.querySelector('#term .lead')!.textContent, /4 groups, of which 2 .* 7 more have too few rows/);
  t.is(page.querySelector('#size .empty')!.textContent, 'No group has enough rows.');
  t.regex(
    page.querySelector('.top')!.textContent,
    /aesthetic > 6.*<b>tags<\/b>.*30\.0% 300 of 1,000 rows.*3 before/s,
  );
  t.is(page.querySelectorAll('script, main b > b, [style]').length, 0);
  t.regex(markup, /default-src 'none'/);
});
