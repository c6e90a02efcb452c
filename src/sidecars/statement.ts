import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { nameInRunFolder } from '../runs/finished-shard.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import type { ScoredInput } from './run-inputs.ts';

/** The key of Parquet's key-value metadata under which a sidecar says what it is of. */
export const SIDECAR_KEY = 'bowerbird.sidecar';

const FORMAT = 'bowerbird-sidecar';
const VERSION = 1;

/**
 * What a sidecar says of itself, as one line of JSON: the input, as the run is bound to it, a digest over the digests of
 * the tags that it was made of, and its columns. It holds no paths and no times: the same run gives the same text.
 */
export function statementText(input: ScoredInput, folder: RunFolder, columns: readonly string[]): string {
  const tags = createHash('sha256');
  for (const { id, files } of input.shards)
    tags.update(`${files[nameInRunFolder(folder.tags(id))]!.sha256}\n`);
  return JSON.stringify({
    format: FORMAT,
    version: VERSION,
    input: {
      name: basename(input.path),
      format: input.format,
      rows: input.rows,
      fingerprint: input.fingerprint,
    },
    tags: tags.digest('hex'),
    columns,
  });
}

/** Whether a text is what a sidecar says of itself, of whatever version. */
export function isStatement(text: string): boolean {
  try {
    return (JSON.parse(text) as { format?: unknown } | null)?.format === FORMAT;
  } catch {
    return false;
  }
}
