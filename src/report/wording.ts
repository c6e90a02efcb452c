import type { Label } from '../samples/label.ts';
import type { ProbabilityTag } from '../samples/tags.ts';
import { type BucketName, boundsInUnit } from '../scores/bucket-names.ts';
import { HEAD_FLAGS } from '../scores/thresholds.ts';
import { formatPlain } from './format.ts';
import type { ReportData, ReportThresholds, ScoreSource, Unchecked } from './report-data.ts';

/*
 * What is said of a run: the terminal and the pages say it in the same words.
 */

/** The encoder that comes with bowerbird, with its own head. */
const BUILTIN = 'builtin';

/** True where scores are the built-in encoder's, which are not LAION's. */
export function isBuiltinScore({ encoder, head, takesPixels }: ScoreSource): boolean {
  return encoder.name === BUILTIN && head !== null && !takesPixels;
}

/** Where the aesthetic scores come from, in words; the same in the terminal and on the page. */
export function describeScoreSource(source: ScoreSource): string {
  const { encoder, head, takesPixels, column, storedEmbeddings } = source;
  const { name, description } = encoder;
  if (head !== null && takesPixels) return `Scores by the image model ${head}; embeddings by ${name}`;
  if (head !== null && storedEmbeddings)
    return `Scores by the head ${head}, from stored embeddings (${name})`;
  if (head !== null) {
    const by = name === BUILTIN ? name : `${name} and the head ${head}`;
    return `Scores by ${by}${description ? ` (${description})` : ''}`;
  }
  if (column !== null) return `Scores of the input's column "${column}"`;
  const what = storedEmbeddings ? 'Stored embeddings' : 'Embeddings of images';
  return `${what} alone: with neither a head nor a column of the input there are no aesthetic scores.`;
}

/** A score bucket in the unit of a label, to three digits: `12.3-15.6`, `>=15.6`; `0` where all that is in it stands for nothing. */
export function bucketInUnit(name: BucketName, label: Label): string {
  const { lower, upper } = boundsInUnit(name, label);
  if (upper === 0) return '0';
  return upper === null ? `>=${threeDigits(lower)}` : `${threeDigits(lower)}-${threeDigits(upper)}`;
}

function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Whether any row may have an aesthetic score. */
export function hasScoreSource({ head, column }: ScoreSource): boolean {
  return head !== null || column !== null;
}

const SUBJECTS: Readonly<Record<ProbabilityTag, string>> = { punsafe: 'NSFW', pwatermark: 'watermarks' };

/** `Not checked for NSFW: 75 of 75 kept (no punsafe in the input, no --nsfw-head)` */
export function describeUnchecked({ tag, rows, hasRule, hasSource }: Unchecked, kept: number): string {
  const noRule = hasSource ? `no --max-${tag}` : `no ${tag} in the input, no ${HEAD_FLAGS[tag]}`;
  const why = hasRule ? `without ${tag}, --missing-tags keep` : noRule;
  return `Not checked for ${SUBJECTS[tag]}: ${rows} of ${kept} kept (${why})`;
}

/** Rows that have a score: those in a bucket. */
export function scoredRows({ buckets }: Pick<ReportData, 'buckets'>): number {
  return buckets.reduce((sum, { count }) => sum + count, 0);
}

/** What the rows that did not fail are called: `Scored` where all of them have a score. */
export function successWord(data: Pick<ReportData, 'buckets' | 'rows'>): 'Scored' | 'Embedded' {
  return scoredRows(data) === data.rows.successes ? 'Scored' : 'Embedded';
}

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
