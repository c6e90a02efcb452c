import { rm } from 'node:fs/promises';
import type { SliceOf } from '../base/slices/slice.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { InputIdentity } from '../samples/input-identity.ts';
import type { ScoreSide } from '../samples/provenance/mixing.ts';
import type { Tag } from '../samples/tags.ts';
import type { Precision } from '../store/meta.ts';
import type { BuiltSlice, SliceBuildOptions } from '../store/slice.ts';
import type { FlagValues } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { ScoreMix } from './score-mix.ts';
import { READING_SHARE, showBuildProgress } from './store-progress.ts';
import { textReading } from './text-flags.ts';

/** A slice of a store's rows that was asked for. */
export interface WantedSlice {
  readonly slice: SliceOf;
  readonly inputs: readonly string[];
  readonly values: FlagValues;
  readonly columns: readonly Tag[];
  readonly precision: Precision;
}

/** Reads the rows of a slice and has them sorted; gives the exit code. */
export async function sliceStore(
  { slice, inputs, values, columns, precision }: WantedSlice,
  build: (options: SliceBuildOptions) => Promise<BuiltSlice>,
): Promise<number> {
  const memoryMb = values['memory-mb'] as number;
  const mix = new ScoreMix(values['mixed-provenance'] === true);
  const sources: InputIdentity[] = [];
  let ownSides: readonly ScoreSide[] = [];
  let [all, taken]: [readonly unknown[], readonly number[]] = [[], []];
  const temporaryFolder = await makeTemporaryFolder('store');
  try {
    const { readStoreInputs } = await import('./store-inputs.ts');
    const rows = readStoreInputs(inputs, columns, values, {
      memoryLimitMb: Math.floor(memoryMb / READING_SHARE),
      temporaryFolder,
      ...textReading(values),
      forFloat16: precision === 'float16',
      slice,
      onAllInputs: (found, places) => {
        [all, taken] = [found, places];
      },
      onSource: (source) => sources.push(source),
      onSides: (sides) => {
        mix.take(sides);
        ownSides = sides;
      },
      onNote: (note) => process.stderr.write(`${note}\n`),
    });
    return await withInterrupt(
      () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
      async (signal) => {
        try {
          const built = await build({
            ...{ rows, memoryMb, slice, columns, precision, signal },
            output: values['output'] as string,
            basis: () => ({ kind: 'store', inputs: all, settings: settingsOf(values, columns, precision) }),
            sources: () => sources.map((source, i) => ({ ...source, place: taken[i]! })),
            sides: () => ownSides,
            onProgress: showBuildProgress(),
          });
          process.stdout.write(describe(built, slice, values['json'] === true));
          return 0;
        } catch (thrown) {
          if (thrown !== signal.reason) throw thrown;
          process.stderr.write('Interrupted. Nothing was published.\n');
          return 130;
        }
      },
    );
  } finally {
    await rm(temporaryFolder, { recursive: true, force: true });
  }
}

function settingsOf(
  values: FlagValues,
  columns: readonly Tag[],
  precision: Precision,
): Readonly<Record<string, unknown>> {
  return {
    '--columns': columns,
    '--precision': precision,
    '--kv-format': values['kv-format'] ?? null,
    '--kv-columns': values['kv-columns'] ?? null,
    '--mixed-provenance': values['mixed-provenance'] === true,
    'the reading of texts': textReading(values),
  };
}

function describe(
  { folder, sources, rows, records }: BuiltSlice,
  { index, count }: SliceOf,
  json: boolean,
): string {
  const slice = `${index}/${count}`;
  return json
    ? `${JSON.stringify({ slice, sources, rows, records, output: folder })}\n`
    : `Slice ${slice}: ${records} hashes of ${rows} rows in ${sources} files -> ${folder}\n`;
}
