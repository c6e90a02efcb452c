import { WebError } from '../web/http-error.ts';
import { pagePolicy } from '../web/security-headers.ts';
import type { WebAnswer, WebRoute } from '../web/server.ts';
import { pageMarkup, pageParts } from './page/page.ts';
import { detailOf, stateOf, windowOf } from './row-answers.ts';
import type { BrowsedRows } from './rows.ts';
import { readViewQuery, wholeNumberIn } from './view-query.ts';

/** Rows that a page may count to. */
const MOST = 2 ** 31;

/** A PNG of one pixel that is not there. */
const NO_ICON = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg==',
  'base64',
);

/** All that the page asks for. */
export function browseRoutes(rows: BrowsedRows): WebRoute[] {
  const parts = pageParts();
  const markup = pageMarkup(parts);
  const { scores } = rows.collection;
  return [
    {
      path: '/',
      answer: () => ({
        type: 'text/html; charset=utf-8',
        body: markup,
        headers: { 'content-security-policy': pagePolicy(parts) },
      }),
    },
    // Browsers ask for it unbidden.
    { path: '/favicon.ico', answer: () => ({ type: 'image/png', body: NO_ICON }) },
    { path: '/state', answer: async () => json(await stateOf(rows)) },
    {
      path: '/rows',
      answer: async ({ query }) => {
        const span = { from: wholeNumberIn(query, 'from', MOST), count: wholeNumberIn(query, 'count', MOST) };
        return json(await windowOf(rows, readViewQuery(query, scores), span));
      },
    },
    {
      path: '/rows/:row',
      answer: async ({ query, parameters }) =>
        json(await detailOf(rows, readViewQuery(query, scores), await rowIn(rows, parameters))),
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

function json(data: unknown): WebAnswer {
  return { type: 'application/json; charset=utf-8', body: JSON.stringify(data) };
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
