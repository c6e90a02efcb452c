import type { TransformedDistribution } from '../../scores/distribution.ts';
import { formatFixed } from '../format.ts';
import type { Html } from '../html.ts';
import { renderTable } from './section.ts';

/** How a column of counts is distributed as it is and by each transform, as numbers. */
export function renderDistributions(distributions: readonly TransformedDistribution[]): Html {
  return renderTable(
    {
      label: 'Distributions',
      className: 'plain',
      head: 'Transform',
      name: ({ transform }: TransformedDistribution) => transform,
      columns: [
        { head: 'Mean', cell: ({ mean }) => formatFixed(mean, 3) },
        { head: 'Spread', cell: ({ spread }) => formatFixed(spread, 3) },
        { head: 'Median', cell: ({ median }) => formatFixed(median, 3) },
        { head: 'Skewness', cell: ({ skewness }) => formatFixed(skewness, 3) },
        { head: 'Kurtosis', cell: ({ kurtosis }) => formatFixed(kurtosis, 3) },
      ],
    },
    distributions,
  );
}
