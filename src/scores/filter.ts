import type { TagColumns, TagValues } from '../samples/tag-columns.ts';
import type { Tag } from '../samples/tags.ts';

/**
 * What can drop a row, in the order in which the rules are asked: a tag on the wrong side of its threshold,
 * or a tag that the row does not have.
 */
export const DROP_RULES = [
  'aesthetic_missing',
  'aesthetic',
  'punsafe_missing',
  'punsafe',
  'pwatermark_missing',
  'pwatermark',
] as const;

/** One of the rules; `dropped_by` in the tags. */
export type DropRule = (typeof DROP_RULES)[number];

/** Thresholds; a rule without one does not exist. */
export interface FilterOptions {
  /** Keep aesthetic > this. */
  readonly minAesthetic?: number;
  /** Keep punsafe < this. */
  readonly maxPunsafe?: number;
  /** Keep pwatermark < this. */
  readonly maxPwatermark?: number;
  /** What a rule says of a row without its tag. */
  readonly missingTags: 'drop' | 'keep';
}

/** What the filter says of a row. */
export interface Verdict {
  readonly kept: boolean;
  /** The first rule that failed; null for a kept row. */
  readonly droppedBy: DropRule | null;
}

/** Judges rows by fixed rules. */
export interface Filter {
  judge(tags: TagValues): Verdict;
  /** The same of many rows: for each 0 where it is kept, else the place of the rule in `DROP_RULES`, from 1. */
  judgeAll(tags: TagColumns): Uint8Array;
}

interface Rule {
  readonly tag: Tag;
  readonly passes: (value: number) => boolean;
}

const KEPT: Verdict = { kept: true, droppedBy: null };

/**
 * A filter of strict comparisons, as doubles: a value exactly on its threshold is dropped, and a float32 0.7 is
 * compared as the double that it is (0.699999988), not as 0.7.
 */
export function createFilter(options: FilterOptions): Filter {
  const { minAesthetic, maxPunsafe, maxPwatermark, missingTags } = options;
  const rules: Rule[] = [];
  if (minAesthetic !== undefined) rules.push({ tag: 'aesthetic', passes: (value) => value > minAesthetic });
  if (maxPunsafe !== undefined) rules.push({ tag: 'punsafe', passes: (value) => value < maxPunsafe });
  if (maxPwatermark !== undefined)
    rules.push({ tag: 'pwatermark', passes: (value) => value < maxPwatermark });
  return {
    judge(tags) {
      for (const { tag, passes } of rules) {
        const value = tags[tag];
        if (Number.isNaN(value)) {
          if (missingTags === 'drop') return { kept: false, droppedBy: `${tag}_missing` };
        } else if (!passes(value)) {
          return { kept: false, droppedBy: tag };
        }
      }
      return KEPT;
    },
    judgeAll(tags) {
      const verdicts = new Uint8Array(tags.aesthetic.length);
      for (const { tag, passes } of rules) {
        const missing = missingTags === 'drop' ? verdictOf(`${tag}_missing`) : 0;
        judgeColumn(tags[tag], verdicts, { passes, missing, failed: verdictOf(tag) });
      }
      return verdicts;
    },
  };
}

function verdictOf(rule: DropRule): number {
  return 1 + DROP_RULES.indexOf(rule);
}

/** Asks one rule of all rows that passed those before it. */
function judgeColumn(
  values: Float32Array,
  verdicts: Uint8Array,
  { passes, missing, failed }: Pick<Rule, 'passes'> & { readonly missing: number; readonly failed: number },
): void {
  for (let row = 0; row < values.length; row++) {
    if (verdicts[row] !== 0) continue;
    const value = values[row]!;
    if (Number.isNaN(value)) verdicts[row] = missing;
    else if (!passes(value)) verdicts[row] = failed;
  }
}
