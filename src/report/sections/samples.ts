import { bucketLabel } from '../../scores/bucket-names.ts';
import { formatCount, formatPlain } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportBucket, ReportData, ReportSample } from '../report-data.ts';
import { renderSample } from './sample-card.ts';
import { renderEmpty, renderSection } from './section.ts';

/** Pictures of each bucket, highest first. */
export function renderSamples(data: ReportData): Html {
  const strips = [...data.buckets].reverse().flatMap((bucket) => {
    const samples = data.samples.filter(({ near, bucket: name }) => near === null && name === bucket.name);
    return samples.length === 0 ? [] : [renderStrip(bucket, samples)];
  });
  return renderSection(
    'samples',
    'Samples',
    'Up to 6 of each bucket, of the few that the run kept from each shard: a sample, not the best of a bucket. Captions and addresses are the data set\u2019s.',
    strips.length === 0 ? renderEmpty('There are no pictures to show.') : strips,
  );
}

function renderStrip({ name, count }: ReportBucket, samples: readonly ReportSample[]): Html {
  const sorted = [...samples].sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
  return html`<h3>${bucketLabel(name)} <small>${formatCount(samples.length)} of ${formatCount(count)}</small></h3>
<ul class="strip">${sorted.map(renderSample)}</ul>
`;
}

/** The last pictures above the aesthetic threshold beside the first below it; nothing without a threshold. */
export function renderThreshold({ samples, thresholds }: ReportData): Html | null {
  const { minAesthetic } = thresholds;
  if (minAesthetic === null) return null;
  const near = (side: ReportSample['near']): ReportSample[] =>
    samples
      .filter((sample) => sample.near === side)
      .sort((a, b) => distance(a, minAesthetic) - distance(b, minAesthetic));
  const sides: readonly [title: string, samples: ReportSample[]][] = [
    [`Just above ${formatPlain(minAesthetic)}`, near('above')],
    [`Just below ${formatPlain(minAesthetic)}`, near('below')],
  ];
  return renderSection(
    'threshold',
    'At the threshold',
    'Of the pictures that the run kept, those closest to the threshold, the closest first.',
    html`<div class="sides">${sides.map(
      ([title, list]) =>
        html`<div><h3>${title}</h3>${
          list.length === 0
            ? renderEmpty('No picture on this side.')
            : html`<ul class="strip small">${list.map(renderSample)}</ul>`
        }</div>`,
    )}</div>`,
  );
}

function distance({ score }: ReportSample, threshold: number): number {
  return Math.abs(score - threshold);
}
