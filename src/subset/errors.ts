import { BowerbirdError, firstSentence, isDiskFull, messageOf } from '../base/errors.ts';

/** An error of the subset room. */
export class SubsetError extends BowerbirdError {
  override readonly name: string = 'SubsetError';
}

/** True where DuckDB stopped because it was told to. */
export function isInterrupt(thrown: unknown): boolean {
  return messageOf(thrown).startsWith('INTERRUPT Error');
}

/** True for a full disk, and for DuckDB's refusal to spill more than it can take. */
function isSpillFull(thrown: unknown): boolean {
  return isDiskFull(thrown) || messageOf(thrown).includes('max_temp_directory_size');
}

/** True where the memory limit was too small for a step that cannot spill. */
function isOutOfMemory(thrown: unknown): boolean {
  return messageOf(thrown).startsWith('Out of Memory Error');
}

/** True where the data cannot be the cause: looking through the files would find nothing. */
export function isMachineFault(thrown: unknown): boolean {
  return isInterrupt(thrown) || isSpillFull(thrown) || isOutOfMemory(thrown);
}

/** What a failed step means to a person; an error of ours comes back as it is. */
export function subsetFailure(
  thrown: unknown,
  outputFolder: string,
  spillFolder: string,
  where: string | undefined,
): unknown {
  if (thrown instanceof BowerbirdError || isInterrupt(thrown)) return thrown;
  const details = { cause: thrown, fields: { outputFolder, spillFolder } };
  if (isSpillFull(thrown)) {
    return new SubsetError(
      'BB_DISK_FULL',
      `No space left on the disk of ${outputFolder} or of ${spillFolder}, where what does not fit into memory goes. Nothing was published. ` +
        'Free some space, or name another disk with --temporary-folder, and run the same command again.',
      details,
    );
  }
  if (isOutOfMemory(thrown)) {
    return new SubsetError(
      'BB_SUBSET_FAILED',
      `The memory limit is too small: ${firstSentence(thrown)} Nothing was published. Give a higher --memory-mb or fewer --threads.`,
      details,
    );
  }
  if (where !== undefined && isValueError(thrown)) return whereFailure(where, firstSentence(thrown), thrown);
  return new SubsetError(
    'BB_SUBSET_FAILED',
    `The subset could not be made: ${firstSentence(thrown)} Nothing was published.`,
    details,
  );
}

/** An expression of `--where` that cannot be taken. */
export function whereFailure(expression: string, why: string, cause?: unknown): SubsetError {
  return new SubsetError('BB_SUBSET_WHERE', `--where "${expression}" cannot be used: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    fields: { expression },
  });
}

/** DuckDB's complaints about a value that an expression met in a row. */
function isValueError(thrown: unknown): boolean {
  return /^(Conversion|Out of Range|Invalid Input|Invalid type) Error/.test(messageOf(thrown));
}
