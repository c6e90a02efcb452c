import { isSlicePath } from '../base/slices/read-slices.ts';
import { parseSlice, type SliceOf } from '../base/slices/slice.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';

const MACHINES = 'Several machines:';

/** The flags of commands whose work can be cut into slices. */
export const WORK_SLICE_FLAGS: FlagTable = {
  slice: {
    group: MACHINES,
    type: 'string',
    describe: 'Do one slice of the work, `I/N` with I from 0, and keep it for --merge (docs/slices.md)',
  },
  merge: {
    group: MACHINES,
    type: 'list',
    describe: 'Put slices together: their folders, or a folder that has all of them in it',
  },
};

/** What of the work is to be done: all of it, a slice, or the merge of slices. */
export interface WorkPart {
  readonly slice?: SliceOf;
  /** Folders of slices. */
  readonly merge?: readonly string[];
  /** The inputs that were given beside those. */
  readonly inputs: readonly string[];
}

/**
 * @param inputs given; of a merge those that are slices belong to `--merge`, as where a shell has put them after its first
 * @throws BowerbirdError BB_USAGE
 */
export function workPart(values: FlagValues, inputs: readonly string[]): WorkPart {
  const slice = values['slice'] as string | undefined;
  const merge = values['merge'] as string[] | undefined;
  if (slice !== undefined && merge !== undefined)
    throw usageError(
      '--slice does a part of the work, and --merge puts the parts together: give one of them.',
    );
  if (slice !== undefined) return { slice: parseSlice(slice), inputs };
  if (merge === undefined) return { inputs };
  if (merge.length === 0) throw usageError('--merge needs the folders of slices.');
  return {
    merge: [...merge, ...inputs.filter(isSlicePath)],
    inputs: inputs.filter((input) => !isSlicePath(input)),
  };
}
