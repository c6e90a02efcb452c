import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { OutputFile } from '../base/output-file.ts';
import { refuseOutputOfOthers } from '../base/output-kinds.ts';
import { checkQueueItem } from '../feedback/queue-items.ts';
import { ledgerOf } from './ledger.ts';
import type { QueueOptions } from './options.ts';

/** Where a queue goes, and the ledger beside it. */
export interface QueuePlace {
  readonly queue: OutputFile;
  readonly ledger: OutputFile;
}

/** An item names two samples at most; its line is far shorter. */
const MOST_LINE_BYTES = 1 << 16;

/**
 * Looks at the place before any work is done. Only a queue file is replaced by a queue, and only a ledger by a ledger.
 *
 * @throws BowerbirdError BB_OUTPUT_FOLDER inside the output of another command; BB_OUTPUT_EXISTS, also for an input and for a
 *   file that is no queue; BB_OUTPUT_WRITE
 */
export async function queuePlace(options: QueueOptions): Promise<QueuePlace> {
  const { output, overwrite, feedback, embeddings, head } = options;
  const inputs = [...feedback, ...embeddings, ...(head === undefined ? [] : [head])];
  refuseOutputOfOthers(dirname(resolve(output)), 'a queue', '--output');
  const queue = await OutputFile.open(output, overwrite, inputs);
  refuseOtherFile(queue.path);
  const ledger = await OutputFile.open(ledgerOf(queue.path), true, inputs);
  refuseOtherFile(ledger.path);
  return { queue, ledger };
}

/** An empty file is a queue in which nothing is asked. */
function refuseOtherFile(path: string): void {
  if (!existsSync(path)) return;
  const line = firstLineOf(path);
  if (line === undefined || isItem(line)) return;
  throw new BowerbirdError(
    'BB_OUTPUT_EXISTS',
    `${path} would be replaced, and its first line is no item of a queue, so that it is something else. Choose another --output.`,
    { fields: { path } },
  );
}

function isItem(line: string): boolean {
  try {
    return typeof checkQueueItem(JSON.parse(line)) !== 'string';
  } catch {
    return false;
  }
}

/** undefined of an empty file. */
function firstLineOf(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(MOST_LINE_BYTES);
    const count = readSync(file, bytes, 0, bytes.length, 0);
    return count === 0 ? undefined : bytes.toString('utf8', 0, count).split('\n', 1)[0];
  } finally {
    closeSync(file);
  }
}
