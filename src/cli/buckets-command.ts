import { availableParallelism } from 'node:os';
import type { WhatIfCube } from '../buckets/what-if.ts';
import type { WhatIfThresholds } from '../buckets/what-if-count.ts';
import type { CountOptions, CountProgress } from '../tally/count.ts';
import type { GroupOrder } from '../tally/groups.ts';
import type { Share } from '../tally/quantiles.ts';
import { BUCKETS_FLAGS } from './buckets-flags.ts';
import { type BucketsResult, bucketsJson, describeBuckets, type WhatIfAnswer } from './buckets-view.ts';
import type { Command, Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';

const FIRST_PROGRESS_MS = 2000;
const PROGRESS_EVERY_MS = 5000;

/** `bowerbird buckets` */
export const BUCKETS: Command = {
  usage: 'buckets [inputs..]',
  describe: 'Count scores by bucket, and the subset of any thresholds',
  flags: BUCKETS_FLAGS,
  extend: (parser) =>
    parser
      .positional('inputs', {
        type: 'string',
        array: true,
        describe: 'Run folders, tag Parquet or CSV, stores',
      })
      .example('$0 buckets out/', 'The table of a run')
      .example("$0 buckets 'tags/*.parquet' --by domain", 'Tables by bucket and by domain'),
  run: bucketsCommand,
};

async function bucketsCommand({ values, parsed }: Invocation): Promise<number> {
  const inputs = (parsed['inputs'] as string[] | undefined) ?? [];
  if (inputs.length === 0) throw usageError('buckets needs run folders, tag files or stores to count.');
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        return await count(inputs, values, signal);
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write('Interrupted. Nothing was written.\n');
        return 130;
      }
    },
  );
}

async function count(inputs: readonly string[], values: FlagValues, signal: AbortSignal): Promise<number> {
  const { countScoresOf } = await import('../tally/count.ts');
  const options = await countOptions(inputs, values, signal);
  const { tally, ...found } = await countScoresOf(options);
  const result: BucketsResult = {
    ...found,
    states: tally.states,
    buckets: tally.buckets(),
    meanScore: tally.meanScore(),
    whatIf: answerWhatIf(tally.cube, thresholdsOf(values)),
    by: options.by,
  };
  process.stdout.write(`${values['json'] === true ? bucketsJson(result) : describeBuckets(result)}\n`);
  return 0;
}

async function countOptions(
  inputs: readonly string[],
  values: FlagValues,
  signal: AbortSignal,
): Promise<CountOptions> {
  return {
    inputs,
    shares: await sharesOf(values),
    by: values['by'] as string | undefined,
    urlColumn: values['url-col'] as string | undefined,
    top: values['top'] as number,
    order: values['sort'] as GroupOrder,
    skipBadFiles: values['skip-bad-files'] === true,
    threads: (values['threads'] as number | undefined) ?? availableParallelism(),
    memoryLimitMb: values['memory-limit-mb'] as number,
    signal,
    onProgress: showProgress(),
  };
}

async function sharesOf(values: FlagValues): Promise<Share[]> {
  const { parseShare } = await import('../tally/quantiles.ts');
  return (values['quantiles'] as string[]).map((text) => {
    const share = parseShare(text);
    if (!share) throw usageError(`--quantiles needs shares from 0 to 1, such as 0.5; "${text}" is not one.`);
    return share;
  });
}

function thresholdsOf(values: FlagValues): WhatIfThresholds {
  const given = (name: string): number | null => (values[name] as number | undefined) ?? null;
  return {
    minAesthetic: given('min-aesthetic'),
    maxPunsafe: given('max-punsafe'),
    maxPwatermark: given('max-pwatermark'),
    missingTags: values['missing-tags'] as 'drop' | 'keep',
  };
}

function answerWhatIf(cube: WhatIfCube, thresholds: WhatIfThresholds): WhatIfAnswer | undefined {
  const { minAesthetic, maxPunsafe, maxPwatermark } = thresholds;
  const isAsked = [minAesthetic, maxPunsafe, maxPwatermark].some((threshold) => threshold !== null);
  return isAsked ? { thresholds, count: cube.count(thresholds) } : undefined;
}

function showProgress(): (progress: CountProgress) => void {
  let nextAtMs = Date.now() + FIRST_PROGRESS_MS;
  return ({ phase, files, totalFiles, rows }) => {
    if (Date.now() < nextAtMs) return;
    nextAtMs = Date.now() + PROGRESS_EVERY_MS;
    process.stderr.write(`${phase}  ${files}/${totalFiles} files  ${rows} rows\n`);
  };
}
