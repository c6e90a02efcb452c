import type { Audit, AuditGroup } from '../audit/audit.ts';
import { GROUP_KINDS, type GroupKind } from '../audit/options.ts';
import { groupsOf } from '../audit/otherwise.ts';
import type { FilterOptions } from '../scores/filter.ts';
import { aligned } from './aligned-table.ts';

/** All groups as one JSON object (schemas/audit.schema.json). */
export function auditJson(audit: Audit, rules: FilterOptions | null): string {
  const { groups, small, ...totals } = audit;
  return `${JSON.stringify({
    format: 'bowerbird-audit',
    version: 1,
    rules: rules && {
      min_aesthetic: rules.minAesthetic ?? null,
      max_punsafe: rules.maxPunsafe ?? null,
      max_pwatermark: rules.maxPwatermark ?? null,
      missing_tags: rules.missingTags,
    },
    ...totals,
    groups: groups.map(({ interval, kept, rows, ...group }) => ({
      ...{ kind: group.kind, name: group.name, rows, kept, share: kept / rows },
      ...{ low: interval.low, high: interval.high, p: group.p, q: group.q },
    })),
    small_groups: small,
  })}\n`;
}

/** What groups of a kind are called. */
export const AUDIT_TITLES: Readonly<Record<GroupKind, string>> = {
  term: 'words of captions',
  language: 'languages',
  host: 'hosts',
  size: 'shorter side, px',
};

/** Of each kind the groups that lose and gain most, of those that the filter treats otherwise than the rest; of few groups all. */
export function describeAudit(audit: Audit, rules: FilterOptions | null, top: number): string {
  const { rows, kept, failed, files, groups } = audit;
  return [
    `${kept} of ${rows} rows are kept (${percent(kept / rows)}) by ${filterText(rules)}`,
    ...(failed > 0 ? [`${failed} rows failed before they could be judged`] : []),
    `${files} files; ${groups.length} groups were tested, of which about 1 in 20 that are named here may be so by chance`,
    ...GROUP_KINDS.flatMap((kind) => describeKind(audit, kind, top)),
    '',
  ].join('\n');
}

function describeKind(audit: Audit, kind: GroupKind, top: number): string[] {
  const { groups, small, otherwise, less, more } = groupsOf(audit, kind, top);
  if (groups.length + small === 0) return [];
  const left = small > 0 ? `, ${small} more are too small` : '';
  return [
    '',
    `${AUDIT_TITLES[kind]}: ${groups.length} groups${left}; ${otherwise} are treated otherwise than the rest`,
    ...tableOf('kept less', less),
    ...tableOf('kept more', more),
  ];
}

function tableOf(title: string, groups: readonly AuditGroup[]): string[] {
  if (groups.length === 0) return [];
  return aligned([
    [title, 'rows', 'kept', '95 %', 'q'],
    ...groups.map(({ name, rows, kept, interval, q }) => [
      name,
      String(rows),
      percent(kept / rows),
      `${percent(interval.low)} to ${percent(interval.high)}`,
      q! < 0.001 ? '< 0.001' : q!.toFixed(3),
    ]),
  ]);
}

/** The filter in words. */
export function filterText(rules: FilterOptions | null): string {
  if (rules === null) return 'the verdicts of the tags';
  const { minAesthetic, maxPunsafe, maxPwatermark, missingTags } = rules;
  const words = [
    minAesthetic !== undefined && `aesthetic > ${minAesthetic}`,
    maxPunsafe !== undefined && `punsafe < ${maxPunsafe}`,
    maxPwatermark !== undefined && `pwatermark < ${maxPwatermark}`,
    missingTags === 'keep' && 'rows without a tag kept',
  ];
  return words.filter(Boolean).join(', ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
