import { WebError } from '../web/http-error.ts';
import { jsonAnswer, pageRoutes } from '../web/page-routes.ts';
import type { WebRoute } from '../web/server.ts';
import { pageMarkup, pageParts } from './page/page.ts';
import { detailOf, stateOf, windowOf } from './row-answers.ts';
import type { BrowsedRows } from './rows.ts';
import { readViewQuery, wholeNumberIn } from './view-query.ts';

/** Rows that a page may count to. */
const MOST = 2 ** 31;

/** All that the page asks for. */
export function browseRoutes(rows: BrowsedRows): WebRoute[] {
  const parts = pageParts();
  const { scores } = rows.collection;
  return [
    ...pageRoutes(pageMarkup(parts), parts),
    { path: '/state', answer: async () => jsonAnswer(await stateOf(rows)) },
    {
      path: '/rows',
      answer: async ({ query }) => {
        const span = { from: wholeNumberIn(query, 'from', MOST), count: wholeNumberIn(query, 'count', MOST) };
        return jsonAnswer(await windowOf(rows, readViewQuery(query, scores), span));
      },
    },
    {
      path: '/rows/:row',
      answer: async ({ query, parameters }) =>
        jsonAnswer(await detailOf(rows, readViewQuery(query, scores), await rowIn(rows, parameters))),
    },
    {
      path: '/pictures/:size/:row',
      answer: async ({ query, parameters, signal }) => {
        const { size } = parameters;
        if (size !== 'grid' && size !== 'large') throw noRow();
        const { pictures } = await rows.scored;
        const refetch = query.has('refetch');
        const body = await pictures.webpOf(await rowIn(rows, parameters), { size, refetch, signal });
        return { type: 'image/webp', body };
      },
    },
  ];
}

async function rowIn(rows: BrowsedRows, { row = '' }: Readonly<Record<string, string>>): Promise<number> {
  const { index } = await rows.scored;
  const number = /^\d{1,10}$/.test(row) ? Number(row) : Number.NaN;
  if (!(number < index.rowCount)) throw noRow();
  return number;
}

function noRow(): WebError {
  return new WebError('BB_HTTP_NOT_FOUND', 'There is no such row.');
}
