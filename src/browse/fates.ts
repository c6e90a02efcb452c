import { FAILURE_NAMES, REASONS, type SampleStatus } from '../samples/reasons.ts';
import { DROP_RULES } from '../scores/filter.ts';

/** How a row ended: kept, dropped by a rule, or failed for a reason. */
export interface Fate {
  /** `kept`, a rule of the filter, or a reason of failure. */
  readonly name: string;
  readonly group: FateGroup;
  readonly status: SampleStatus | 'unknown';
}

/** What a person asks for first. */
export type FateGroup = 'kept' | 'dropped' | 'failed';

/** A failure whose reason is none of the closed list: a newer version may have written it. */
const UNKNOWN: Fate = { name: 'unknown', group: 'failed', status: 'unknown' };

/** All fates; a row's is its place in this list, as one byte. */
export const FATES: readonly Fate[] = [
  { name: 'kept', group: 'kept', status: 'success' },
  ...DROP_RULES.map((name): Fate => ({ name, group: 'dropped', status: 'success' })),
  ...Object.entries(REASONS).map(([name, status]): Fate => ({ name, group: 'failed', status })),
  UNKNOWN,
];

/** SQL for the place of a row's fate in `FATES`: UTINYINT, null where it is none of them. */
export function fateSql(): string {
  const names = FATES.map(({ name }) => `'${name}'`).join(', ');
  return `enum_code(TRY_CAST(CASE WHEN status <> 'success' THEN reason WHEN kept THEN 'kept' ELSE dropped_by END AS ENUM(${names})))`;
}

export const UNKNOWN_FATE: number = FATES.indexOf(UNKNOWN);

/** What a status is called on the page. */
export function statusName(status: Fate['status']): string {
  return status === 'success' ? 'scored' : status === 'unknown' ? 'failed' : FAILURE_NAMES[status];
}
