import type { TagValues } from '../samples/tag-columns.ts';
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
  };
}
