import { realpathSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { FoundInput } from '../formats.ts';

/** What other tools leave beside data: checksums of Hadoop, locks and caches. */
const QUIET_EXTENSIONS = ['.crc', '.lock'];

interface EachOnce<File> {
  readonly files: File[];
  /** How many paths lead to files that are among `files` under another path. */
  readonly linked: number;
  /** The identities of `files`. */
  readonly known: ReadonlySet<string>;
}

/**
 * Device and inode tell what links, hard links and a hub's cache of several revisions have in common. Of several paths the
 * one without links counts, else the first.
 */
export function eachOnce<File extends { readonly path: string }>(sorted: readonly File[]): EachOnce<File> {
  const byIdentity = new Map<string, File[]>();
  for (const file of sorted) {
    const identity = identityOf(file.path) ?? file.path;
    byIdentity.set(identity, [...(byIdentity.get(identity) ?? []), file]);
  }
  const chosen = new Set(
    [...byIdentity.values()].map((same) => (same.length > 1 && same.find(hasNoLinks)) || same[0]!),
  );
  const files = sorted.filter((file) => chosen.has(file));
  return { files, linked: sorted.length - files.length, known: new Set(byIdentity.keys()) };
}

function hasNoLinks({ path }: { readonly path: string }): boolean {
  return realpathSync(path) === path;
}

function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  // File systems that number no files say 0.
  return stats && stats.ino !== 0n ? `${stats.dev}:${stats.ino}` : undefined;
}

export function unreadOf(
  passedOver: ReadonlySet<string>,
  found: ReadonlyMap<string, FoundInput>,
  known: ReadonlySet<string>,
): string[] {
  const seen = new Set(known);
  return [...passedOver].sort().filter((path) => {
    const name = basename(path);
    if (found.has(path) || name.startsWith('_') || QUIET_EXTENSIONS.includes(extname(name))) return false;
    // A hub's blobs are what its snapshots link to; links in a circle lead to each file many times.
    const identity = identityOf(path) ?? path;
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}
