import type { SliceOf } from '../base/slices/slice.ts';
import type { CountOptions } from '../tally/count.ts';
import { type FlagValues, usageError } from './flags.ts';
import { SLICE_PLACE, shownPlace, withPlace } from './stored-place.ts';
import type { WorkPart } from './work-slices.ts';

/** Counts one slice of the inputs, for a merge. */
export async function countOneSlice(
  options: CountOptions,
  slice: SliceOf,
  values: FlagValues,
): Promise<number> {
  const { countSlice } = await import('../tally/slices.ts');
  const given = values['output-folder'] as string;
  const place = { ...SLICE_PLACE, flag: '--output-folder', signal: options.signal };
  const counted = await withPlace(given, place, (folder) => countSlice(options, slice, folder));
  const { files, stores, rows } = counted;
  const folder = shownPlace(given, counted.folder);
  const said = { slice: `${slice.index}/${slice.count}`, files, stores, rows, output_folder: folder };
  process.stdout.write(
    values['json'] === true
      ? `${JSON.stringify(said)}\n`
      : `Slice ${said.slice}: ${rows} rows of ${files} files and ${stores} stores -> ${folder}\n`,
  );
  return 0;
}

/** Flags that a slice keeps for the merge, or that the merge has from the slices. */
export function refuseSliceMisuse(values: FlagValues, { slice, merge, inputs }: WorkPart): void {
  if (slice && values['output-folder'] === undefined)
    throw usageError('--slice needs --output-folder: the folder of the slice.');
  const ofMerge = ['html', 'min-aesthetic', 'max-punsafe', 'max-pwatermark'];
  const asked = ofMerge.find((name) => values[name] !== undefined);
  if (slice && asked) throw usageError(`--${asked} is asked of all slices together: give it with --merge.`);
  for (const name of slice || merge ? ['stored', 'aesthetic-head'] : [])
    if (values[name] !== undefined && values[name] !== false)
      throw usageError(`--${name} does not go with ${slice ? '--slice' : '--merge'}.`);
  if (!merge) return;
  if (inputs.length > 0) throw usageError(`--merge takes slices alone, and ${inputs[0]} is none.`);
  for (const name of ['by', 'url-col', 'output-folder'])
    if (values[name] !== undefined)
      throw usageError(`--${name} is said with --slice, and the merge has it from the slices.`);
}
