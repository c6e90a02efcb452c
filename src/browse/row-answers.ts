import { FATES, statusName } from './fates.ts';
import type { PageDetail, PageRow, PageState, PageWindow } from './page-data.ts';
import type { RowText } from './row-texts.ts';
import type { BrowsedRows, ReadRows } from './rows.ts';
import type { ViewQuery } from './view-query.ts';

/** Rows that one request gets at most. */
export const MOST_ROWS = 500;
/** Rows on each side of one, of those whose score is closest. */
const NEIGHBOURS = 4;

/** What the page knows of the whole. */
export async function stateOf(rows: BrowsedRows): Promise<PageState> {
  const { collection, progress, areScoresRead, areTextsRead, canRefetch, notes, failure } = rows;
  const known = areScoresRead ? await rows.scored : undefined;
  const { totalRows } = progress;
  const textsRead = areTextsRead ? totalRows : progress.what === 'texts' ? progress.rows : 0;
  return {
    ...{ title: collection.title, kind: collection.kind, rowCount: totalRows },
    scoresRead: areScoresRead ? totalRows : progress.rows,
    ...{ textsRead, isReady: areScoresRead, areTextsRead, canRefetch, notes, failure },
    ...(known?.facts ?? { scores: [], fates: [], pictured: 0 }),
  };
}

/** Some rows of a view. */
export async function windowOf(
  rows: BrowsedRows,
  query: ViewQuery,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<PageWindow> {
  const read = await rows.scored;
  const view = await read.views.rows(query);
  const numbers = Array.from(view.subarray(from, from + Math.min(count, MOST_ROWS)));
  return { total: view.length, from, rows: await pageRows(rows, read, numbers) };
}

/** A row with all that is known of it. */
export async function detailOf(rows: BrowsedRows, query: ViewQuery, row: number): Promise<PageDetail> {
  const read = await rows.scored;
  const view = await read.views.rows(query);
  const text = await read.texts.ofRow(row);
  const position = view.indexOf(row);
  const [score] = read.index.scores.keys();
  const neighbours =
    score === undefined
      ? []
      : neighboursOf(await read.views.rows({ ...query, sort: score, descending: true }), row);
  return {
    ...pageRow(read, row, text),
    position: position < 0 ? null : position,
    total: view.length,
    status: statusName(FATES[read.index.fates[row]!]!.status),
    width: text.width,
    height: text.height,
    fields: await read.texts.fields(row),
    neighbours: await pageRows(rows, read, neighbours),
  };
}

/** A row of a view, and those on both sides. */
function neighboursOf(view: Int32Array, row: number): number[] {
  const place = view.indexOf(row);
  if (place < 0) return [];
  return Array.from(view.subarray(Math.max(0, place - NEIGHBOURS), place + NEIGHBOURS + 1));
}

async function pageRows(
  { areTextsRead, texts }: BrowsedRows,
  read: ReadRows,
  numbers: readonly number[],
): Promise<PageRow[]> {
  // Pictures and scores are not held up by captions.
  const found = areTextsRead ? await (await texts).of(numbers) : [];
  return numbers.map((row, place) => pageRow(read, row, found[place]));
}

function pageRow({ index, pictures }: ReadRows, row: number, text: RowText | undefined): PageRow {
  const fate = FATES[index.fates[row]!]!;
  const scores = [...index.scores.values()].map((values) => values[row]!);
  return {
    row,
    scores: scores.map((score) => (Number.isNaN(score) ? null : score)),
    ...{ fate: fate.name, group: fate.group },
    origin: pictures.originOf(row) ?? null,
    caption: text?.caption ?? null,
    url: text?.url ?? text?.path ?? null,
    isWeb: /^https?:\/\//i.test(text?.url ?? ''),
    key: text?.key ?? null,
  };
}
