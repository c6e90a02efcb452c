import { basename, resolve } from 'node:path';
import type { Audit, AuditGroup } from '../audit/audit.ts';
import { GROUP_KINDS, type GroupKind } from '../audit/options.ts';
import { groupsOf, isOtherwise } from '../audit/otherwise.ts';
import { packageVersion } from '../base/package.ts';
import type { AuditedKind, AuditPageData, ShownGroup } from '../report/audit-page-data.ts';
import type { FilterOptions } from '../scores/filter.ts';
import { AUDIT_TITLES, filterText } from './audit-view.ts';

/** Sizes and languages are few: they are shown as they follow each other, up to so many. */
const MOST_IN_ORDER = 30;
/** Where nothing is treated otherwise, so many of the largest groups are shown. */
const MOST_LARGEST = 10;

/** What an audit came to, as its page shows it. */
export function auditPageData(
  inputs: readonly string[],
  audit: Audit,
  {
    rules,
    top,
    command,
  }: { readonly rules: FilterOptions | null; readonly top: number; readonly command: string },
): AuditPageData {
  const { rows, kept, failed, groups } = audit;
  return {
    title: inputs.length === 1 ? basename(resolve(inputs[0]!)) : `${inputs.length} inputs`,
    filter: filterText(rules),
    ...{ rows, kept, failed, tested: groups.length },
    kinds: GROUP_KINDS.flatMap((kind) => kindOf(audit, kind, top)),
    ...{ command, bowerbirdVersion: packageVersion },
  };
}

function kindOf(audit: Audit, kind: GroupKind, top: number): AuditedKind[] {
  const { groups, small, otherwise, less, more } = groupsOf(audit, kind, top);
  if (groups.length + small === 0) return [];
  const title = AUDIT_TITLES[kind];
  return [
    {
      ...{ id: kind, title: `${title[0]!.toUpperCase()}${title.slice(1)}` },
      ...{ groups: groups.length, otherwise, small },
      lists: listsOf(kind, { groups, less, more }),
    },
  ];
}

function listsOf(
  kind: GroupKind,
  { groups, less, more }: Readonly<Record<'groups' | 'less' | 'more', readonly AuditGroup[]>>,
): AuditedKind['lists'] {
  if (kind === 'size' || kind === 'language') {
    const shown = groups.slice(0, MOST_IN_ORDER);
    const inOrder = kind === 'size' ? shown.toSorted((a, b) => leastPxOf(a) - leastPxOf(b)) : shown;
    const title = kind === 'size' ? 'From small to large' : 'By their rows, the most first';
    return [{ title, groups: inOrder.map(shownGroup) }];
  }
  if (less.length + more.length === 0)
    return [{ title: 'The largest', groups: groups.slice(0, MOST_LARGEST).map(shownGroup) }];
  const title =
    less.length === 0 ? 'Kept more' : more.length === 0 ? 'Kept less' : 'Kept less, then kept more';
  return [{ title, groups: [...less, ...more.toReversed()].map(shownGroup) }];
}

/** Names of sizes begin with their least side. */
function leastPxOf({ name }: AuditGroup): number {
  return Number.parseInt(name, 10);
}

function shownGroup(group: AuditGroup): ShownGroup {
  const { name, rows, kept, interval, q } = group;
  return { name, rows, kept, low: interval.low, high: interval.high, q, isOtherwise: isOtherwise(group) };
}
