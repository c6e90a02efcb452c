import { BowerbirdError, type ErrorDetails, firstSentence, isDiskFull, messageOf } from '../base/errors.ts';

/** An error of the tables room: inputs, staging, reading and writing of Parquet. */
export class TableError extends BowerbirdError {
  override readonly name: string = 'TableError';
}

/** An input that cannot be opened or is not what its format says; `path` is named first in the message. */
export function unreadable(path: string, why: string, cause?: unknown): TableError {
  return new TableError('BB_INPUT_UNREADABLE', `${path} cannot be read: ${why}.`, details(path, cause));
}

/** A text input whose content breaks its format at `line` (from 1). */
export function badFormat(path: string, line: number, why: string): TableError {
  return new TableError('BB_INPUT_FORMAT', `${path}, line ${line}: ${why}`, { fields: { path, line } });
}

/** What went wrong while rows of `path` were read, with the advice that fits. */
export function readFailure(path: string, cause: unknown): TableError {
  return new TableError(
    'BB_SHARD_READ',
    `Reading ${path} failed: ${firstSentence(cause)} ${adviceOn(cause)}`,
    {
      ...details(path, cause),
    },
  );
}

/** What went wrong while `path` was written: BB_DISK_FULL where the disk is full, else BB_SHARD_WRITE. */
export function writeFailure(path: string, cause: unknown): TableError {
  if (isDiskFull(cause)) {
    return new TableError(
      'BB_DISK_FULL',
      `No space left on the disk of ${path}. Free some space and run the same command again: finished shards are kept.`,
      details(path, cause),
    );
  }
  return new TableError(
    'BB_SHARD_WRITE',
    `Writing ${path} failed: ${firstSentence(cause)}`,
    details(path, cause),
  );
}

function adviceOn(cause: unknown): string {
  const message = messageOf(cause);
  if (message.includes('Out of Memory Error')) {
    return 'Give more memory: a page of this file is larger than the limit allows.';
  }
  if (message.includes('is not valid UTF8')) {
    return 'A column that the file calls text holds other bytes: write it anew, with that value mended or the column as binary.';
  }
  return 'Check that the file is complete and has not changed since the run was planned.';
}

function details(path: string, cause: unknown): ErrorDetails {
  return cause === undefined ? { fields: { path } } : { cause, fields: { path } };
}
