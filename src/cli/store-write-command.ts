import { join } from 'node:path';
import type { SliceOf } from '../base/slices/slice.ts';
import type { Tag } from '../samples/tags.ts';
import type { AddOptions } from '../store/add.ts';
import type { BuildResult, RowInput } from '../store/build.ts';
import type { Precision } from '../store/meta.ts';
import { type Command, type Invocation, pathsOf } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { refuseRemotePath } from './remote-paths.ts';
import { ScoreMix } from './score-mix.ts';
import {
  STORE_ADD_FLAGS,
  STORE_BUILD_FLAGS,
  STORE_INFO_FLAGS,
  STORE_POSITIONAL,
  storeColumns,
} from './store-flags.ts';
import { showBuildProgress } from './store-progress.ts';
import { withStoreRows } from './store-rows.ts';
import { sliceStore } from './store-slices.ts';
import { slicesHere } from './stored-slices.ts';
import { workPart } from './work-slices.ts';

/** `bowerbird store build` */
export const STORE_BUILD: Command = {
  examples: [['store build --from out --output scores', 'From a run']],
  docs: 'docs/store.md',
  flags: STORE_BUILD_FLAGS,
  // Slices alone: a store is a map that is read in place.
  storedRuns: ['output'],
  remoteInputs: ['from', 'inputs', 'merge'],
  extend: (parser) =>
    parser.positional('inputs', { type: 'string', array: true, describe: 'More of --from' }),
  run: runBuild,
};

/** `bowerbird store add` */
export const STORE_ADD: Command = {
  examples: [['store add scores --from out-2', 'What a second run scored']],
  docs: 'docs/store.md',
  flags: STORE_ADD_FLAGS,
  remoteInputs: ['from', 'inputs'],
  extend: (parser) =>
    parser
      .positional('store', STORE_POSITIONAL)
      .positional('inputs', { type: 'string', array: true, describe: 'More of --from' }),
  run: runAdd,
};

/** `bowerbird store compact` */
export const STORE_COMPACT: Command = {
  examples: [['store compact scores', 'Fewer files, faster look-ups']],
  docs: 'docs/store.md',
  flags: STORE_INFO_FLAGS,
  extend: (parser) => parser.positional('store', STORE_POSITIONAL),
  run: runCompact,
};

async function runBuild(invocation: Invocation): Promise<number> {
  const { values } = invocation;
  const output = values['output'] as string | undefined;
  if (!output) throw usageError('store build needs --output: the store folder to write.');
  const part = workPart(values, pathsOf(invocation, 'from', 'inputs'));
  if (!part.slice) refuseRemotePath(output);
  if (part.merge) return mergeStore(part.merge, output, invocation, part.inputs);
  const inputs = inputsOf(invocation, 'store build');
  if (part.slice) return buildStoreSlice(part.slice, inputs, values);
  const columns = storeColumns(values);
  const precision = values['precision'] as Precision;
  const { buildStore } = await import('../store/build.ts');
  return withRows(inputs, { columns, precision }, values, (input) =>
    buildStore({ output, columns, precision, ...input }),
  );
}

async function runAdd(invocation: Invocation): Promise<number> {
  const { values, parsed } = invocation;
  const inputs = inputsOf(invocation, 'store add');
  const path = parsed['store'] as string;
  const { openStore } = await import('../store/reader.ts');
  const { addToStore } = await import('../store/add.ts');
  const store = await openStore(path);
  const { columns, precision } = store.meta;
  await store.close();
  return withRows(inputs, { columns, precision }, values, (input) => addToStore({ store: path, ...input }));
}

async function runCompact({ values, parsed }: Invocation): Promise<number> {
  const store = parsed['store'] as string;
  const json = values['json'] === true;
  return publish(json, async (signal) => {
    const { compactStore } = await import('../store/compact.ts');
    const result = await compactStore({ store, onProgress: showBuildProgress(), signal });
    if (!result) process.stderr.write(`${store} is one version already: nothing to do.\n`);
    return result;
  });
}

/** Sorts the rows of one slice, for a merge. */
async function buildStoreSlice(
  slice: SliceOf,
  inputs: readonly string[],
  values: FlagValues,
): Promise<number> {
  const scores = { columns: storeColumns(values), precision: values['precision'] as Precision };
  const { buildSlice } = await import('../store/slice.ts');
  return sliceStore({ slice, inputs, values, ...scores }, buildSlice);
}

/** Puts slices together; what they are of they say themselves. */
async function mergeStore(
  slices: readonly string[],
  output: string,
  { values, args }: Invocation,
  others: readonly string[],
): Promise<number> {
  if (others.length > 0) throw usageError(`--merge takes slices alone, and ${others[0]} is none.`);
  const asked = ['columns', 'precision', 'kv-format', 'kv-columns'].find((name) =>
    args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)),
  );
  if (asked) throw usageError(`--${asked} is said with --slice, and the merge has it from the slices.`);
  const mix = new ScoreMix(values['mixed-provenance'] === true);
  return publish(values['json'] === true, async (signal) => {
    const { mergeSlices } = await import('../store/merge-slices.ts');
    return mergeSlices({
      ...{ paths: await slicesHere(slices), output, signal },
      memoryMb: values['memory-mb'] as number,
      unite: (sides) => {
        mix.take(sides);
        return mix.scores;
      },
      onProgress: showBuildProgress(),
    });
  });
}

function inputsOf(invocation: Invocation, name: string): string[] {
  const inputs = pathsOf(invocation, 'from', 'inputs');
  if (inputs.length > 0) return inputs;
  throw usageError(`${name} needs --from: run folders, tag Parquet, CSV or static-ondisk-kv files.`);
}

/** What the rows are read for. */
interface Scores {
  readonly columns: readonly Tag[];
  readonly precision: Precision;
}

/** Runs a job on the rows of the inputs and describes what it published; gives the exit code. */
async function withRows(
  inputs: readonly string[],
  { columns, precision }: Scores,
  values: FlagValues,
  job: (input: RowInput & Pick<AddOptions, 'onStore'>) => Promise<BuildResult>,
): Promise<number> {
  return withStoreRows({ inputs, values, columns, precision }, ({ rows, memoryMb, sources, mix }) =>
    publish(values['json'] === true, (signal) =>
      job({
        rows,
        memoryMb,
        sources: () => sources,
        scores: () => mix.scores,
        onStore: (side) => mix.lieOn(side),
        onProgress: showBuildProgress(),
        signal,
        refuseEmpty: true,
      }),
    ),
  );
}

/** Runs a job that Ctrl-C can stop, and describes the store that it leaves. */
async function publish(
  json: boolean,
  job: (signal: AbortSignal) => Promise<BuildResult | undefined>,
): Promise<number> {
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const result = await job(signal);
        if (!result) return 0;
        const { describeStore } = await import('./store-view.ts');
        process.stdout.write(await describeStore(join(result.version, '..'), json));
        return 0;
      } catch (thrown) {
        if (thrown !== signal.reason) throw thrown;
        process.stderr.write('Interrupted. Nothing was published; an earlier build is untouched.\n');
        return 130;
      }
    },
  );
}
