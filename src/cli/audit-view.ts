import type { Audit, AuditGroup } from '../audit/audit.ts';
import { GROUP_KINDS, type GroupKind } from '../audit/options.ts';
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

/** Below, a group is said to be treated otherwise. */
const SIGNIFICANT = 0.05;

const TITLES: Readonly<Record<GroupKind, string>> = {
  term: 'words of captions',
  language: 'languages',
  host: 'hosts',
  size: 'shorter side, px',
};

/** Of each kind the groups that lose and gain most, of those that the filter treats otherwise than the rest; of few groups all. */
export function describeAudit(audit: Audit, rules: FilterOptions | null, top: number): string {
  const { rows, kept, failed, files, groups } = audit;
  const filter = rules ? describeRules(rules) : 'the verdicts of the tags';
  return [
    `${kept} of ${rows} rows are kept (${percent(kept / rows)}) by ${filter}`,
    ...(failed > 0 ? [`${failed} rows failed before they could be judged`] : []),
    `${files} files; ${groups.length} groups were tested, of which about 1 in 20 that are named here may be so by chance`,
    ...GROUP_KINDS.flatMap((kind) => describeKind(audit, kind, top)),
    '',
  ].join('\n');
}

function describeKind({ rows, kept, groups, small }: Audit, kind: GroupKind, top: number): string[] {
  const own = groups.filter((group) => group.kind === kind);
  if (own.length === 0 && small[kind] === 0) return [];
  const share = kept / rows;
  const otherwise = own.filter(({ q }) => q !== null && q < SIGNIFICANT);
  const byShare = [...otherwise].sort((a, b) => a.kept / a.rows - b.kept / b.rows);
  const less = byShare.filter((group) => group.kept / group.rows < share).slice(0, top);
  const more = byShare
    .filter((group) => group.kept / group.rows > share)
    .reverse()
    .slice(0, top);
  const left = small[kind] > 0 ? `, ${small[kind]} more are too small` : '';
  return [
    '',
    `${TITLES[kind]}: ${own.length} groups${left}; ${otherwise.length} are treated otherwise than the rest`,
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

function describeRules({ minAesthetic, maxPunsafe, maxPwatermark, missingTags }: FilterOptions): string {
  const rules = [
    minAesthetic !== undefined && `aesthetic > ${minAesthetic}`,
    maxPunsafe !== undefined && `punsafe < ${maxPunsafe}`,
    maxPwatermark !== undefined && `pwatermark < ${maxPwatermark}`,
    missingTags === 'keep' && 'rows without a tag kept',
  ];
  return rules.filter(Boolean).join(', ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
