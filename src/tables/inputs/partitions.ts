import { existsSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { FileColumn } from '../columns.ts';

/** What Hive, Spark and pyarrow call the folder of the rows whose partition column is null. */
const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__';
/** Folders of a run: it is not partitioned, whatever the folders above it are called. */
const RUN_FOLDERS = ['tags', 'metadata', 'consent'];

/**
 * The partition columns of a file: one for each folder `name=value` above it, outermost first, as text. Both sides are
 * percent-encoded where they have to be. Where a name comes twice, the innermost folder counts.
 *
 * @param path absolute
 */
export function partitionsOf(path: string): FileColumn[] {
  const folder = dirname(path);
  if (RUN_FOLDERS.includes(basename(folder)) && existsSync(join(folder, '..', 'run.json'))) return [];
  const columns = new Map<string, FileColumn>();
  for (const segment of folder.split(sep)) {
    const at = segment.indexOf('=');
    if (at < 1) continue;
    const name = decoded(segment.slice(0, at));
    const value = decoded(segment.slice(at + 1));
    columns.set(name.toLowerCase(), { name, type: 'VARCHAR', partition: value === HIVE_NULL ? null : value });
  }
  return [...columns.values()];
}

/** A file's own columns, and the partition columns that it does not have itself. */
export function withPartitions(own: readonly FileColumn[], path: string): FileColumn[] {
  const names = new Set(own.map(({ name }) => name.toLowerCase()));
  return [...own, ...partitionsOf(path).filter(({ name }) => !names.has(name.toLowerCase()))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that encodes nothing stands for itself.
    return text;
  }
}
