import test from 'ava';
import { HTTP_STATUS } from '../../src/serve/http-error.ts';
import { readPage, sectionOf, tableRows } from './pages.ts';

test('docs/serve.md explains every code of an answer with its status, and no others', (t) => {
  const documented = tableRows(sectionOf(readPage('docs/serve.md').text, 'Errors'));
  t.deepEqual(Object.fromEntries(documented.map(([code, status]) => [code, Number(status)])), HTTP_STATUS);
  for (const [code, , meaning] of documented) t.true(meaning!.length > 20, code);
});
