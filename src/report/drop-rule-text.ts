import { formatPlain } from './format.ts';
import type { ReportThresholds } from './report-data.ts';

interface RuleOfTag {
  readonly tag: string;
  readonly missing: boolean;
}

const TAG_NAMES: Readonly<Record<string, string>> = {
  aesthetic: 'aesthetic score',
  punsafe: 'punsafe',
  pwatermark: 'pwatermark',
};

/** A drop rule in a word or two: `punsafe`, `no punsafe`. */
export function dropRuleName(rule: string): string {
  const { tag, missing } = splitRule(rule);
  const name = TAG_NAMES[tag];
  if (name === undefined) return rule;
  return missing ? `no ${name}` : name;
}

/** What a drop rule says, with its threshold: `punsafe 0.5 or more`, `no aesthetic score`. */
export function dropRuleText(rule: string, thresholds: ReportThresholds): string {
  const { tag, missing } = splitRule(rule);
  const threshold = thresholdOf(tag, thresholds);
  if (missing || threshold === null) return dropRuleName(rule);
  return `${TAG_NAMES[tag]} ${formatPlain(threshold)} or ${tag === 'aesthetic' ? 'less' : 'more'}`;
}

/** True where the filter asked for the tag of a rule, whether or not that dropped anything. */
export function hasRule(rule: string, thresholds: ReportThresholds): boolean {
  return thresholdOf(splitRule(rule).tag, thresholds) !== null;
}

function splitRule(rule: string): RuleOfTag {
  const tag = rule.replace(/_missing$/, '');
  return { tag, missing: tag !== rule };
}

function thresholdOf(
  tag: string,
  { minAesthetic, maxPunsafe, maxPwatermark }: ReportThresholds,
): number | null {
  if (tag === 'aesthetic') return minAesthetic;
  if (tag === 'punsafe') return maxPunsafe;
  return tag === 'pwatermark' ? maxPwatermark : null;
}
