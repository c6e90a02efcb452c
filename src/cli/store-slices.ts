import type { SliceOf } from '../base/slices/slice.ts';
import type { ScoreSide } from '../samples/provenance/mixing.ts';
import type { Tag } from '../samples/tags.ts';
import type { Precision } from '../store/meta.ts';
import type { BuiltSlice, SliceBuildOptions } from '../store/slice.ts';
import type { FlagValues } from './flags.ts';
import { withInterrupt } from './interrupt.ts';
import { showBuildProgress } from './store-progress.ts';
import { type WantedRows, withStoreRows } from './store-rows.ts';
import { SLICE_PLACE, shownPlace, withPlace } from './stored-place.ts';
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
  let ownSides: readonly ScoreSide[] = [];
  let [all, taken]: [readonly unknown[], readonly number[]] = [[], []];
  const wanted: WantedRows = {
    ...{ slice, inputs, values, columns, precision },
    onAllInputs: (found, places) => {
      [all, taken] = [found, places];
    },
    onSides: (sides) => {
      ownSides = sides;
    },
  };
  return withStoreRows(wanted, ({ rows, memoryMb, sources }) =>
    withInterrupt(
      () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
      async (signal) => {
        try {
          const given = values['output'] as string;
          const place = { ...SLICE_PLACE, flag: '--output', signal };
          const built = await withPlace(given, place, (output) =>
            build({
              ...{ rows, memoryMb, slice, columns, precision, signal, output },
              basis: () => ({ kind: 'store', inputs: all, settings: settingsOf(values, columns, precision) }),
              sources: () => sources.map((source, i) => ({ ...source, place: taken[i]! })),
              sides: () => ownSides,
              onProgress: showBuildProgress(),
            }),
          );
          const told = { ...built, folder: shownPlace(given, built.folder) };
          process.stdout.write(describe(told, slice, values['json'] === true));
          return 0;
        } catch (thrown) {
          if (thrown !== signal.reason) throw thrown;
          process.stderr.write('Interrupted. Nothing was published.\n');
          return 130;
        }
      },
    ),
  );
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
