import test from 'ava';
import { WEB_STATUS } from '../../src/web/http-error.ts';
import { readPage, sectionOf, tableRows } from './pages.ts';

test('docs/browse.md and docs/rate.md explain every code of an answer with its status, and no others', (t) => {
  const documented = ['docs/browse.md', 'docs/rate.md'].flatMap((page) =>
    tableRows(sectionOf(readPage(page).text, 'Errors')),
  );
  t.deepEqual(Object.fromEntries(documented.map(([code, status]) => [code, Number(status)])), WEB_STATUS);
  for (const [code, , meaning] of documented) t.true(meaning!.length > 20, code);
});
