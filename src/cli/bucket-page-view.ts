import { basename, resolve } from 'node:path';
import { packageVersion } from '../base/package.ts';
import type { BucketPageData } from '../report/bucket-page.ts';
import type { WhatIfThresholds } from '../scores/what-if-count.ts';
import { GROUP_THRESHOLDS } from '../tally/group-types.ts';
import { type BucketsResult, laionTable } from './buckets-view.ts';
import { commandLine } from './command.ts';

/** The result as the page shows it. */
export function bucketPageData(
  inputs: readonly string[],
  result: BucketsResult,
  thresholds: WhatIfThresholds,
  command: string,
): BucketPageData {
  const { tally, quantiles, groups, skipped, by } = result;
  const buckets = tally.buckets();
  return {
    title: inputs.length === 1 ? basename(resolve(inputs[0]!)) : `${inputs.length} inputs`,
    states: tally.states,
    meanScore: tally.meanScore(),
    buckets,
    quantiles: [...quantiles].sort((a, b) => Number(a.share) - Number(b.share)),
    groups: groups ? { ...groups, by: by!, thresholds: GROUP_THRESHOLDS } : null,
    cells: tally.cube.cells(),
    thresholds,
    subsetCommand: subsetCommand(inputs, result),
    laionTable: laionTable(buckets),
    sources: sourcesOf(inputs, result),
    skipped,
    command,
    bowerbirdVersion: packageVersion,
  };
}

/** What has URLs is metadata and tags in one; tags alone need the table that they belong to. */
function subsetCommand(inputs: readonly string[], { hasUrls, inputs: found }: BucketsResult): string {
  const paths = inputs.join(',');
  if (hasUrls) return commandLine(['subset', '--metadata', paths]);
  const isStored = found.files.length === 0 && found.stores.length === 0;
  return commandLine(['subset', '--metadata', ...(isStored ? ['RUNS'] : ['METADATA', '--tags', paths])]);
}

function sourcesOf(inputs: readonly string[], { inputs: { files, stores, runs } }: BucketsResult): string[] {
  const counted = [
    ...runs.map(({ path }) => path),
    ...stores,
    ...(runs.length > 0 ? [] : files.map(({ path }) => path)),
  ];
  return counted.length > 0 ? counted : inputs.map((input) => resolve(input));
}
