import { isLabel, type Label, labelColumn } from '../samples/label.ts';
import { uniteScores } from '../samples/provenance/mixing.ts';
import type { ScoreOrigins } from '../samples/provenance/provenance.ts';
import { SCORE_NAMES } from '../tables/parts.ts';
import { type ScoredFile, scoreSides } from '../tables/provenance.ts';
import type { SubsetPlan } from './plan.ts';

/** The part of a plan that tells which scores are read from where. */
type ScoreReading = Pick<SubsetPlan, 'metadata' | 'tables' | 'scores' | 'output'>;

/**
 * Where the scores come from that a subset judges or writes, by column; those of tag tables by their tags.
 *
 * @throws BowerbirdError BB_PROVENANCE_MIXED where that is not allowed
 */
export function subsetScores(plan: ScoreReading, isMixAllowed: boolean): ScoreOrigins {
  const names = metadataScores(plan);
  const ofMetadata = plan.metadata.files.map((file): ScoredFile => {
    const own = new Set(file.columns.map(({ name }) => name.toLowerCase()));
    const there = names.filter((name) => own.has(name.toLowerCase()));
    return { ...file, columns: Object.fromEntries(there.map((name) => [name, name])) };
  });
  const ofTables = plan.tables.flatMap(({ files, scores }) =>
    files.map((file): ScoredFile => ({ ...file, columns: { ...scores } })),
  );
  return uniteScores([...scoreSides(ofMetadata), ...scoreSides(ofTables)], isMixAllowed);
}

/** The origins of the columns that are written. */
export function writtenScores({ output }: Pick<SubsetPlan, 'output'>, scores: ScoreOrigins): ScoreOrigins {
  const written = output.filter(({ name }) => Object.hasOwn(scores, name));
  return Object.fromEntries(written.map(({ name }) => [name, scores[name]!]));
}

/** What the aesthetic scores were transformed from, where a file says it: it has a column of their unit beside them. */
export function aestheticLabel({
  metadata,
  tables,
}: Pick<ScoreReading, 'metadata' | 'tables'>): Label | undefined {
  for (const { provenance } of [metadata, ...tables].flatMap(({ files }) => files))
    for (const [column, origins] of Object.entries(provenance?.scores ?? {}))
      for (const origin of origins) {
        const label = origin.from === 'column' ? undefined : origin.label;
        if (isLabel(label) && column === labelColumn('aesthetic', label)) return label;
      }
  return undefined;
}

/** The columns of the metadata that are scores: by their names, or because a file says where they come from. */
function metadataScores({ metadata, scores, output }: ScoreReading): string[] {
  const known = new Set(
    Object.values(SCORE_NAMES)
      .flat()
      .map((name) => name.toLowerCase()),
  );
  const stated = metadata.files.flatMap(({ provenance }) => Object.keys(provenance?.scores ?? {}));
  for (const name of stated) known.add(name.toLowerCase());
  const passed = output.flatMap(({ from }) => ('metadata' in from ? [from.metadata] : []));
  return [...new Set([...Object.values(scores), ...passed.filter((name) => known.has(name.toLowerCase()))])];
}
