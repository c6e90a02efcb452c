import { isRater } from '../feedback/check.ts';
import { WebError } from '../web/http-error.ts';
import { jsonAnswer, pageRoutes } from '../web/page-routes.ts';
import type { WebRoute } from '../web/server.ts';
import { checkOf } from './asking/items.ts';
import { pageMarkup, pageParts } from './page/page.ts';
import type { PageItems, PageSaved, PageState } from './page-data.ts';
import { MAX_ANSWERS_BYTES } from './saving.ts';
import type { PictureRoute, RatingTable } from './table.ts';

/** Items that one request gets at most. */
const MOST_ITEMS = 20;
const MOST_HELD = 200;

/** All that the page asks for. */
export function tableRoutes(table: RatingTable): WebRoute[] {
  const { saving, parts } = table;
  const page = pageParts(parts.page);
  const behind = (): string | null => table.options.trouble?.() ?? null;
  return [
    ...pageRoutes(pageMarkup(page, parts.page), page),
    { path: '/state', answer: ({ query }) => jsonAnswer(stateOf(table, query.get('rater'))) },
    {
      path: '/items',
      answer: async ({ query }) => {
        const held = (query.get('held') ?? '').split(',').filter((id) => id !== '');
        const count = Math.min(MOST_ITEMS, Number(query.get('count')));
        if (!(count >= 1) || held.length > MOST_HELD)
          throw new WebError(
            'BB_HTTP_QUERY',
            `count needs a number from 1, and held at most ${MOST_HELD} ids.`,
          );
        const next = await table.askerOf(raterIn(query.get('rater'))).next(count, new Set(held));
        return jsonAnswer({ ...next, behind: behind() } satisfies PageItems);
      },
    },
    {
      method: 'POST',
      path: '/answers',
      maxBodyBytes: MAX_ANSWERS_BYTES,
      answer: async ({ body }) => {
        const { results, raters, said } = await table.save(body);
        const standings = Object.fromEntries(raters.map((rater) => [rater, saving.standingOf(rater)]));
        const saved = { results, standings, ...(said && { said }), behind: behind() };
        return jsonAnswer(saved satisfies PageSaved);
      },
    },
    pictureRoute(table, {
      name: 'pictures',
      answer: async (sample, { signal }) => ({
        type: 'image/webp',
        body: await table.webpOf(sample, signal),
      }),
    }),
    ...(parts.pictureRoutes ?? []).map((route) => pictureRoute(table, route)),
  ];
}

/** A route about a sample that the page was told of: under its number there may be another by now. */
function pictureRoute(table: RatingTable, { name, answer }: PictureRoute): WebRoute {
  return {
    path: `/${name}/:number/:check`,
    answer: async (request) => {
      const { number: digits, check } = request.parameters;
      const number = /^\d{1,10}$/.test(digits!) ? Number(digits) : -1;
      if (!table.isPictured(number)) throw gone();
      const [sample] = await table.samples.at([number]);
      if (checkOf(sample!) !== check) throw gone();
      return answer(sample!, request);
    },
  };
}

function stateOf({ saving, samples, options }: RatingTable, asked: string | null): PageState {
  const { question, mode, rater = null } = options;
  const who = rater ?? asked;
  return {
    ...{ place: saving.place, title: samples.title, question, mode, rater, raters: saving.raters },
    standing: isRater(who) ? saving.standingOf(who) : null,
    now: new Date().toISOString(),
  };
}

function raterIn(given: string | null): string {
  if (isRater(given)) return given;
  throw new WebError('BB_HTTP_QUERY', 'A rater is a name of 1 to 64 characters without control characters.');
}

function gone(): WebError {
  return new WebError(
    'BB_HTTP_NOT_FOUND',
    'There is no such sample, or the source has changed since it was asked about.',
  );
}
