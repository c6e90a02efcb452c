import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileSystem } from '../../src/base/file-system.ts';
import { isJournal } from '../../src/base/swap.ts';
import { type FileCall, interpose } from './interposed-files.ts';

/** What lies at some paths: the sha256 of a file, or the names in a folder. */
export type States = ReadonlyMap<string, string | readonly string[]>;

/** A call that was made, and what lay there then. */
export interface RecordedCall extends FileCall {
  /** Of an fsync: of the path itself. Of a new name: of all that gets it; of a journal, of what it names too. */
  readonly states: States;
  /** Of a new name that is a journal: the paths of what is staged. */
  readonly staged: readonly string[];
}

/** A file system that does what it is asked, and remembers it. */
export interface RecordedFiles {
  readonly files: FileSystem;
  readonly calls: readonly RecordedCall[];
}

/**
 * Content is recorded as it is when it is brought to the disk and when it gets its name. So what libraries write past
 * this file system (Parquet, LMDB) is watched too.
 */
export function recordFiles(): RecordedFiles {
  const calls: RecordedCall[] = [];
  const files = interpose(async (call, run) => {
    const recorded = record(call);
    const result = await run();
    calls.push(recorded);
    return result;
  });
  return { files, calls };
}

function record(call: FileCall): RecordedCall {
  const states = new Map<string, string | readonly string[]>();
  if (call.call === 'fsync') states.set(call.path, stateOf(call.path));
  if (call.from === undefined) return { ...call, states, staged: [] };
  const staged = isJournal(call.path.slice(dirname(call.path).length + 1))
    ? stagedBy(call.from, dirname(call.path))
    : [];
  for (const path of [call.from, ...staged]) addTree(path, states);
  return { ...call, states, staged };
}

function stateOf(path: string): string | readonly string[] {
  if (lstatSync(path).isDirectory()) return readdirSync(path).sort();
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function addTree(path: string, states: Map<string, string | readonly string[]>): void {
  if (!existsSync(path)) return;
  const state = stateOf(path);
  states.set(path, state);
  if (typeof state !== 'string') for (const name of state) addTree(join(path, name), states);
}

function stagedBy(journal: string, folder: string): string[] {
  const { entries } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: { staged: string | null }[] };
  return entries.flatMap(({ staged }) => (staged === null ? [] : [join(folder, staged)]));
}
