import type { ReportThresholds, ScoreSource, Unchecked } from '../report/report-data.ts';
import { PROBABILITY_TAGS } from '../samples/tags.ts';
import type { MergedRun } from './merge.ts';
import type { RunRecord } from './run-record.ts';

/** What was kept without having been checked for NSFW or watermarks; nothing where all kept rows were. */
export function uncheckedOf(
  { thresholds, heads, columns }: Pick<RunRecord, 'thresholds' | 'heads' | 'columns'>,
  { counts, keptWithout }: Pick<MergedRun, 'counts' | 'keptWithout'>,
): Unchecked[] {
  const all = PROBABILITY_TAGS.map((tag) => {
    const hasRule = thresholds[`max_${tag}`] !== null;
    const rows = hasRule ? keptWithout[tag] : counts.kept;
    return { tag, rows, hasRule, hasSource: Boolean(heads[tag] ?? columns[tag]) };
  });
  return all.filter(({ rows }) => rows > 0);
}

/** The thresholds of a run in the report's terms. */
export function reportThresholds(thresholds: RunRecord['thresholds']): ReportThresholds {
  const { min_aesthetic, max_punsafe, max_pwatermark, missing_tags } = thresholds;
  return {
    minAesthetic: min_aesthetic,
    maxPunsafe: max_punsafe,
    maxPwatermark: max_pwatermark,
    missingTags: missing_tags,
  };
}

/** Where a run's scores come from. */
export function scoreSourceOf({ encoder, heads, columns, settings }: RunRecord): ScoreSource {
  const { name, description } = encoder;
  return {
    encoder: { name, description },
    head: heads['aesthetic']?.name ?? null,
    takesPixels: heads['aesthetic']?.takes === 'pixels',
    column: columns['aesthetic'] ?? null,
    label: heads['aesthetic']?.label ?? null,
    storedEmbeddings: settings['input_format'] === 'embeddings',
  };
}
