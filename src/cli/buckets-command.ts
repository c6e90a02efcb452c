import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { OutputFile, refuseInputs } from '../base/output-file.ts';
import { refusePartOfOutput } from '../base/output-kinds.ts';
import type { MergedRuns } from '../runs/merge-runs.ts';
import { provenanceNotes } from '../samples/provenance/mixing.ts';
import type { WhatIfCube } from '../scores/what-if.ts';
import type { WhatIfThresholds } from '../scores/what-if-count.ts';
import { isRemote } from '../storage/storage.ts';
import { namesInBraces } from '../tables/inputs/braces.ts';
import type { CountOptions, CountProgress } from '../tally/count.ts';
import type { TallyLimits } from '../tally/database.ts';
import type { GroupOrder } from '../tally/group-types.ts';
import type { Share } from '../tally/quantiles.ts';
import { bucketPageData } from './bucket-page-view.ts';
import { BUCKETS_FLAGS } from './buckets-flags.ts';
import { countOneSlice, refuseSliceMisuse } from './buckets-slices.ts';
import { type BucketsResult, bucketsJson, describeBuckets, type WhatIfAnswer } from './buckets-view.ts';
import { type Command, commandLine, type Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { headHere } from './inputs-here.ts';
import { withInterrupt } from './interrupt.ts';
import { runThresholds } from './run-thresholds.ts';
import { withPlace } from './stored-place.ts';
import { slicesHere } from './stored-slices.ts';
import { textReading } from './text-flags.ts';
import { type WorkPart, workPart } from './work-slices.ts';

const FIRST_PROGRESS_MS = 2000;
const PROGRESS_EVERY_MS = 5000;
const MERGED_PLACE = { flag: '--output-folder', kind: 'a merge of runs', marker: 'merged.json' } as const;

/** `bowerbird buckets` */
export const BUCKETS: Command = {
  flags: BUCKETS_FLAGS,
  examples: [
    ['buckets out', 'The table of a run'],
    ["buckets 'tags/*.parquet' --by domain", 'Tables by bucket and by domain'],
    ['buckets out --html buckets.html', 'A page on which thresholds can be tried'],
  ],
  docs: 'docs/buckets.md',
  storedRuns: ['output-folder'],
  remoteInputs: ['inputs', 'merge', 'aesthetic-head'],
  extend: (parser) =>
    parser.positional('inputs', {
      type: 'string',
      array: true,
      describe: 'Run folders, tag Parquet or CSV, stores',
    }),
  run: bucketsCommand,
};

async function bucketsCommand(invocation: Invocation): Promise<number> {
  const { values, parsed } = invocation;
  const part = workPart(values, namesInBraces((parsed['inputs'] as string[] | undefined) ?? []));
  const { inputs } = part;
  if (inputs.length === 0 && !part.merge)
    throw usageError('buckets needs run folders, tag files or stores to count.');
  refuseMisuse(values);
  refuseSliceMisuse(values, part);
  if (values['html'] !== undefined) {
    refuseInputs(values['html'] as string, inputs);
    refusePartOfOutput(values['html'] as string);
  }
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        return await (part.slice
          ? countOneSlice(await countOptions(inputs, values, signal), part.slice, values)
          : count(part, invocation, signal));
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write('Interrupted.\n');
        return 130;
      }
    },
  );
}

async function count(part: WorkPart, invocation: Invocation, signal: AbortSignal): Promise<number> {
  const { values } = invocation;
  const inputs = part.merge
    ? []
    : await withoutOutput(part.inputs, values['output-folder'] as string | undefined);
  const page =
    values['html'] === undefined ? undefined : await OutputFile.open(values['html'] as string, true, inputs);
  const merged = part.merge ? undefined : await merge(inputs, values);
  const result = await (part.merge
    ? mergeSlices(part.merge, values, signal)
    : values['stored'] === true
      ? readStoredResult(inputs, values)
      : countInputs(inputs, values, signal));
  if (page) await writePage(page, result.given ?? inputs, result, invocation);
  process.stdout.write(
    `${values['json'] === true ? bucketsJson(result, merged) : describeBuckets(result, merged)}\n`,
  );
  return 0;
}

/** An earlier merge among the runs that a pattern means is what this one replaces. */
async function withoutOutput(
  given: readonly string[],
  outputFolder: string | undefined,
): Promise<readonly string[]> {
  if (outputFolder === undefined) return given;
  const { expandFolders } = await import('../tally/inputs.ts');
  const inputs = await expandFolders(given);
  const others = inputs.filter((path) => resolve(path) !== resolve(outputFolder));
  if (others.length < inputs.length) {
    process.stderr.write(`Passed over ${outputFolder}: what this command writes is none of its inputs.\n`);
  }
  return others;
}

/** What was found, and of a merge the inputs of its slices as they were typed. */
interface Counted extends BucketsResult {
  readonly given?: readonly string[];
}

async function countInputs(
  inputs: readonly string[],
  values: FlagValues,
  signal: AbortSignal,
): Promise<Counted> {
  const { countScoresOf } = await import('../tally/count.ts');
  const options = await countOptions(inputs, values, signal);
  const { tally, ...found } = await countScoresOf(options);
  return { ...found, tally, whatIf: answerWhatIf(tally.cube, thresholdsOf(values)), by: options.by };
}

async function mergeSlices(
  paths: readonly string[],
  values: FlagValues,
  signal: AbortSignal,
): Promise<Counted> {
  const { mergeCounts } = await import('../tally/slices.ts');
  const shares = await sharesOf(values);
  const merged = await mergeCounts(await slicesHere(paths), {
    shares,
    top: values['top'] as number,
    order: values['sort'] as GroupOrder,
    ...limitsOf(values),
    signal,
  });
  return { ...merged, whatIf: answerWhatIf(merged.tally.cube, thresholdsOf(values)) };
}

async function readStoredResult(inputs: readonly string[], values: FlagValues): Promise<Counted> {
  const { readStored } = await import('../tally/stored.ts');
  const { tally, provenance } = await readStored(inputs, values['mixed-provenance'] === true);
  return {
    inputs: { files: [], stores: [], runs: [], notes: [] },
    tally,
    quantiles: [],
    groups: undefined,
    skipped: [],
    parts: [],
    notes: provenanceNotes(provenance),
    provenance,
    hasUrls: inputs.every((input) => existsSync(join(input, 'run.json'))),
    whatIf: answerWhatIf(tally.cube, thresholdsOf(values)),
    by: undefined,
  };
}

/** Merges the runs where that is asked for: before they are counted, as it is quick and may be refused. */
async function merge(inputs: readonly string[], values: FlagValues): Promise<MergedRuns | undefined> {
  const output = values['output-folder'] as string | undefined;
  if (output === undefined) return undefined;
  const stored = inputs.find((input) => isRemote(input));
  if (stored !== undefined)
    throw usageError(
      `--output-folder merges runs in folders of this machine: copy ${stored} into one first.`,
    );
  const [{ resolveInputs }, { mergeRuns }] = await Promise.all([
    import('../tally/inputs.ts'),
    import('../runs/merge-runs.ts'),
  ]);
  const { files, stores, runs } = await resolveInputs(inputs);
  const ofRuns = runs.reduce((sum, { finishedShards }) => sum + finishedShards, 0);
  if (runs.length === 0 || stores.length > 0 || files.length !== ofRuns) {
    throw usageError('--output-folder merges run folders: all inputs must be such.');
  }
  const runPaths = runs.map(({ path }) => path);
  const head = values['aesthetic-head'] as string | undefined;
  const headFile = head && (await headHere(head, (note) => process.stderr.write(`${note}\n`)));
  return withPlace(output, MERGED_PLACE, (folder) =>
    mergeRuns(runPaths, folder, {
      headFile,
      isMixAllowed: values['mixed-provenance'] === true,
    }),
  );
}

async function writePage(
  file: OutputFile,
  inputs: readonly string[],
  result: BucketsResult,
  { values, args }: Invocation,
): Promise<void> {
  const { renderBucketPage } = await import('../report/bucket-page.ts');
  const data = bucketPageData(inputs, result, await pageThresholds(inputs, values), commandLine(args));
  await file.writeWhole(await renderBucketPage(data));
}

/** What the page opens on: the thresholds given; else those of the runs, where all inputs are runs with the same ones. */
async function pageThresholds(inputs: readonly string[], values: FlagValues): Promise<WhatIfThresholds> {
  const given = thresholdsOf(values);
  const isAsked = given.missingTags === 'keep' || isThreshold(given);
  return isAsked ? given : ((await runThresholds(inputs)) ?? given);
}

/** What does not go together is told before any work. */
function refuseMisuse(values: FlagValues): void {
  const page = values['html'] as string | undefined;
  if (page !== undefined && statSync(page, { throwIfNoEntry: false })?.isDirectory()) {
    throw usageError(`--html needs the name of a file; ${page} is a folder.`);
  }
  const isStored = values['stored'] === true;
  if (isStored && values['by'] !== undefined) throw usageError('--by needs the rows: leave --stored out.');
  if (isStored && values['output-folder'] !== undefined)
    throw usageError('--output-folder merges runs: leave --stored out.');
  if (values['aesthetic-head'] !== undefined && values['output-folder'] === undefined) {
    throw usageError('--aesthetic-head checks the means of a merge: it needs --output-folder.');
  }
  if (values['url-col'] !== undefined && values['by'] !== 'domain')
    throw usageError('--url-col goes with --by domain.');
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
    isMixAllowed: values['mixed-provenance'] === true,
    ...textReading(values),
    ...limitsOf(values),
    signal,
    onProgress: showProgress(),
  };
}

function limitsOf(values: FlagValues): TallyLimits {
  return {
    threads: (values['threads'] as number | undefined) ?? availableParallelism(),
    memoryLimitMb: values['memory-mb'] as number,
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
  return isThreshold(thresholds) ? { thresholds, count: cube.count(thresholds) } : undefined;
}

function isThreshold({ minAesthetic, maxPunsafe, maxPwatermark }: WhatIfThresholds): boolean {
  return [minAesthetic, maxPunsafe, maxPwatermark].some((threshold) => threshold !== null);
}

function showProgress(): (progress: CountProgress) => void {
  let nextAtMs = Date.now() + FIRST_PROGRESS_MS;
  return ({ phase, files, totalFiles, rows }) => {
    if (Date.now() < nextAtMs) return;
    nextAtMs = Date.now() + PROGRESS_EVERY_MS;
    process.stderr.write(`${phase}  ${files}/${totalFiles} files  ${rows} rows\n`);
  };
}
