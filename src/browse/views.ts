import { RecentMap } from '../base/recent-map.ts';
import { FATES, type FateGroup } from './fates.ts';
import type { ScoreIndex } from './score-index.ts';
import { orderByScore, shuffledOrder } from './sort-rows.ts';
import type { ViewQuery } from './view-query.ts';

/** Orders, and views on them, that are kept: four bytes a row for each at most. */
const MOST_ORDERS = 4;
const MOST_VIEWS = 4;
const SHUFFLE_SEED = 1;

/** What views need beside the scores. */
export interface RowMarks {
  /** 1 where a row's picture is on this machine. */
  hasPicture(): Uint8Array;
  /** 1 where all words stand in a row's caption or URL. */
  withWords(words: readonly string[]): Promise<Uint8Array>;
}

/** Rows in order, by query. */
export class Views {
  readonly #index: ScoreIndex;
  readonly #marks: RowMarks;
  readonly #orders = new RecentMap<string, Int32Array>(MOST_ORDERS);
  readonly #views = new RecentMap<string, Promise<Int32Array>>(MOST_VIEWS);

  constructor(index: ScoreIndex, marks: RowMarks) {
    this.#index = index;
    this.#marks = marks;
  }

  /** The numbers of the rows that a query asks for, in its order. They are kept: not to be changed. */
  rows(query: ViewQuery): Promise<Int32Array> {
    const key = JSON.stringify(query);
    const view = this.#views.get(key) ?? this.#make(query);
    this.#views.set(key, view);
    view.catch(() => this.#views.delete(key));
    return view;
  }

  async #make(query: ViewQuery): Promise<Int32Array> {
    const order = this.#order(query);
    const words = query.words.length > 0 ? await this.#marks.withWords(query.words) : undefined;
    const passes = this.#marksOf(query, words);
    if (!passes) return order;
    const rows = new Int32Array(order.length);
    let count = 0;
    for (const row of order) if (passes[row] === 1) rows[count++] = row;
    return rows.slice(0, count);
  }

  #order({ sort, descending }: ViewQuery): Int32Array {
    const key = `${sort} ${descending}`;
    const order = this.#orders.get(key) ?? this.#sort(sort, descending);
    this.#orders.set(key, order);
    return order;
  }

  #sort(sort: string, descending: boolean): Int32Array {
    const { rowCount, scores } = this.#index;
    if (sort === 'shuffle') return shuffledOrder(rowCount, SHUFFLE_SEED);
    const values = scores.get(sort);
    if (values) return orderByScore(values, descending);
    // The first row of the input comes first where nothing else is said.
    return Int32Array.from({ length: rowCount }, (_, row) => (descending ? row : rowCount - 1 - row));
  }

  /** 1 for each row that passes; undefined where all do. */
  #marksOf({ ranges, fate, hasPicture }: ViewQuery, words: Uint8Array | undefined): Uint8Array | undefined {
    const filters = [words, hasPicture ? this.#marks.hasPicture() : undefined].filter(
      (each) => each !== undefined,
    );
    if (filters.length === 0 && fate === 'all' && Object.keys(ranges).length === 0) return undefined;
    const { rowCount, fates, scores } = this.#index;
    const passes = new Uint8Array(rowCount).fill(1);
    for (const filter of filters) for (let row = 0; row < rowCount; row++) passes[row]! &= filter[row]!;
    if (fate !== 'all') {
      const wanted = wantedFates(fate);
      for (let row = 0; row < rowCount; row++) passes[row]! &= wanted[fates[row]!]!;
    }
    for (const [name, { least, most }] of Object.entries(ranges)) {
      const values = scores.get(name)!;
      // NaN is in no range.
      for (let row = 0; row < rowCount; row++) {
        const value = values[row]!;
        if (!(value >= least && value <= most)) passes[row] = 0;
      }
    }
    return passes;
  }
}

/** 1 at the places of the fates that a word stands for. */
function wantedFates(word: string): Uint8Array {
  const groups: Readonly<Record<string, readonly FateGroup[]>> = {
    scored: ['kept', 'dropped'],
    kept: ['kept'],
    dropped: ['dropped'],
    failed: ['failed'],
  };
  const wanted = groups[word];
  return Uint8Array.from(FATES, ({ name, group }) =>
    (wanted ? wanted.includes(group) : name === word) ? 1 : 0,
  );
}
