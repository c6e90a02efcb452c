import { packageVersion } from '../base/package.ts';
import type { RunRecord } from './run-record.ts';

/**
 * Other versions whose shards have the bytes of this one's, by the digests of the same runs. A version that is not named here may decode, scale, judge or write
 * otherwise, and settings and digests of models do not tell it.
 */
const SAME_BYTES: readonly string[] = [];

/** Whether shards of a version may differ from this one's. @param sameBytes versions beside this one whose shards do not */
export function mayDiffer(version: string, sameBytes: readonly string[] = SAME_BYTES): boolean {
  return version !== packageVersion && !sameBytes.includes(version);
}

/** The versions that have worked on a run and whose shards may differ from this one's, as far as its record says, the first one first. */
export function otherVersions({
  bowerbird_version,
  sessions,
}: Pick<RunRecord, 'bowerbird_version' | 'sessions'>): string[] {
  const stated = sessions.flatMap((session) => session.bowerbird_version ?? []);
  return [...new Set([...stated, bowerbird_version])].filter((version) => mayDiffer(version));
}
