import type { Evaluation } from '../evaluate/evaluate.ts';
import { quantileMap, thresholdText } from '../evaluate/quantiles.ts';
import { disagreementsOf } from '../evaluate/sheets.ts';
import { letterOf } from '../evaluate/wording.ts';
import { aligned } from './aligned-table.ts';

/** How alike raters and heads are, where raters are told apart. */
export function describeTaste({ taste, options }: Evaluation): string[] {
  if (!options.perRater) return [];
  return taste.flatMap(({ mode, measure, parties, likeness }) => {
    let heads = 0;
    const names = parties.map(({ kind, name }) => (kind === 'head' ? letterOf(heads++) : name));
    return [
      '',
      ...aligned([
        [`${mode}: ${measure}`, ...names],
        ...likeness.map((row, i) => [
          names[i]!,
          ...row.map(({ value }) => (value === null ? '-' : value.toFixed(2))),
        ]),
      ]),
    ];
  });
}

/** What scores mean over the whole collection. */
export function describeCollection({ collection }: Evaluation): string[] {
  if (!collection) return [];
  const { topShares } = quantileMap(collection);
  const drawn = `${collection.names.length} samples of ${collection.rows} rows`;
  const likeness = disagreementsOf(collection).map(
    ({ first, second, spearman }) =>
      `${letterOf(first)} and ${letterOf(second)} order them with a spearman of ${spearman === null ? '-' : spearman.toFixed(3)}`,
  );
  return [
    '',
    ...aligned([
      [`top share of ${drawn}`, ...collection.scores.map((_, i) => letterOf(i))],
      ...topShares.map((top) => [
        `${Number((100 * top.share).toPrecision(3))} % lie above`,
        ...collection.scores.map((_, i) => thresholdText(top, i, collection.names.length)),
      ]),
    ]),
    ...likeness,
  ];
}
