import { BowerbirdError } from '../base/errors.ts';
import { byTag, type Tag } from '../samples/tags.ts';
import type { FilterOptions } from './filter.ts';

/** The rules of a run, as run.json records them; null where there is no such rule. */
export interface Thresholds {
  readonly min_aesthetic: number | null;
  readonly max_punsafe: number | null;
  readonly max_pwatermark: number | null;
  readonly missing_tags: 'drop' | 'keep';
}

/**
 * The settings that rules come from. `maxPunsafe` and `maxPwatermark` where not given: LAION's 0.5 and 0.8, if the tag has
 * a source. A head that is `none` computes nothing.
 */
export interface RuleConfig extends FilterOptions {
  readonly aestheticHead: string;
  readonly nsfwHead: string;
  readonly watermarkModel: string;
}

/** The input's columns that rules may look at. */
interface RulePlan {
  readonly columns: Readonly<Partial<Record<Tag, string | undefined>>>;
}

/** The flags that name the heads of the tags. */
export const HEAD_FLAGS: Readonly<Record<Tag, string>> = {
  aesthetic: '--aesthetic-head',
  punsafe: '--nsfw-head',
  pwatermark: '--watermark-model',
};

/** LAION's own thresholds for its aesthetic subsets. */
const DEFAULT_MAX_PUNSAFE = 0.5;
const DEFAULT_MAX_PWATERMARK = 0.8;

/**
 * The thresholds in force. A default applies where the tag has a source: a column of the input or a head.
 *
 * @throws BowerbirdError BB_USAGE for a threshold that was asked for on a tag that no row can have
 */
export function resolveThresholds(config: RuleConfig, { columns }: RulePlan): Thresholds {
  const heads = {
    aesthetic: config.aestheticHead,
    punsafe: config.nsfwHead,
    pwatermark: config.watermarkModel,
  };
  const has = byTag((tag) => heads[tag] !== 'none' || columns[tag] !== undefined);
  if (!has.aesthetic) refuseWithoutSource('aesthetic', '--min-aesthetic', config.minAesthetic);
  if (!has.punsafe) refuseWithoutSource('punsafe', '--max-punsafe', config.maxPunsafe);
  if (!has.pwatermark) refuseWithoutSource('pwatermark', '--max-pwatermark', config.maxPwatermark);
  return {
    min_aesthetic: config.minAesthetic ?? null,
    max_punsafe: config.maxPunsafe ?? (has.punsafe ? DEFAULT_MAX_PUNSAFE : null),
    max_pwatermark: config.maxPwatermark ?? (has.pwatermark ? DEFAULT_MAX_PWATERMARK : null),
    missing_tags: config.missingTags,
  };
}

function refuseWithoutSource(tag: Tag, flag: string, value: number | undefined): void {
  if (value === undefined) return;
  const headFlag = HEAD_FLAGS[tag];
  throw new BowerbirdError(
    'BB_USAGE',
    `${flag} ${value} would drop every row: the input has no such score and ${headFlag} is none. ` +
      `Give a head with ${headFlag}, or leave ${flag} out.`,
    { fields: { flag, value } },
  );
}

/** Whether verdicts by the one are verdicts by the other. */
export function sameThresholds(a: Thresholds | undefined, b: Thresholds): boolean {
  return (
    a?.min_aesthetic === b.min_aesthetic &&
    a.max_punsafe === b.max_punsafe &&
    a.max_pwatermark === b.max_pwatermark &&
    a.missing_tags === b.missing_tags
  );
}

/** The same in the filter's terms. */
export function filterOptions(thresholds: Thresholds): FilterOptions {
  const { min_aesthetic, max_punsafe, max_pwatermark, missing_tags } = thresholds;
  return {
    ...(min_aesthetic !== null && { minAesthetic: min_aesthetic }),
    ...(max_punsafe !== null && { maxPunsafe: max_punsafe }),
    ...(max_pwatermark !== null && { maxPwatermark: max_pwatermark }),
    missingTags: missing_tags,
  };
}
