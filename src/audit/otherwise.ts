import type { Audit, AuditGroup } from './audit.ts';
import type { GroupKind } from './options.ts';

/** Below, a group is said to be treated otherwise. */
const SIGNIFICANT = 0.05;

/** The groups of a kind, and those of them that the filter treats otherwise than the rest. */
export interface KindOfGroups {
  readonly groups: readonly AuditGroup[];
  /** Groups with too few rows. */
  readonly small: number;
  readonly otherwise: number;
  /** Of these those that are kept less often than all rows, the lowest share first, and at most so many as are wanted. */
  readonly less: readonly AuditGroup[];
  /** Likewise more often, the highest share first. */
  readonly more: readonly AuditGroup[];
}

/** @param top how many groups on either side */
export function groupsOf({ rows, kept, groups, small }: Audit, kind: GroupKind, top: number): KindOfGroups {
  const own = groups.filter((group) => group.kind === kind);
  const otherwise = own.filter(isOtherwise);
  const byShare = [...otherwise].sort((a, b) => a.kept / a.rows - b.kept / b.rows);
  const share = kept / rows;
  return {
    ...{ groups: own, small: small[kind], otherwise: otherwise.length },
    less: byShare.filter((group) => group.kept / group.rows < share).slice(0, top),
    more: byShare
      .filter((group) => group.kept / group.rows > share)
      .reverse()
      .slice(0, top),
  };
}

/** Whether the filter treats a group otherwise than the rest, as far as that is shown. */
export function isOtherwise({ q }: Pick<AuditGroup, 'q'>): boolean {
  return q !== null && q < SIGNIFICANT;
}
