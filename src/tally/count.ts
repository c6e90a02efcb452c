import { provenanceNotes, uniteScores } from '../samples/provenance/mixing.ts';
import type { ScoreOrigins } from '../samples/provenance/provenance.ts';
import { openStore, type Store } from '../store/reader.ts';
import type { PlayedPart } from '../tables/played-parts.ts';
import type { SkippedFile } from './batches.ts';
import { type CountOptions, CountRun } from './count-run.ts';
import { TallyDatabase } from './database.ts';
import { TallyError } from './errors.ts';
import type { Groups } from './group-types.ts';
import { resolveInputs, type TallyInputs } from './inputs.ts';
import { type Looked, partsOf } from './looked.ts';
import type { Quantile } from './quantiles.ts';
import type { Tally } from './tally.ts';

export type { CountOptions, CountProgress } from './count-run.ts';

/** What a count found. */
export interface CountResult {
  readonly inputs: TallyInputs;
  readonly tally: Tally;
  readonly quantiles: readonly Quantile[];
  readonly groups: Groups | undefined;
  readonly skipped: readonly SkippedFile[];
  /** Which columns of the files hold the scores. */
  readonly parts: readonly PlayedPart[];
  /** What to say of lines that break their format. */
  readonly notes: readonly string[];
  /** Whether all that was counted has URLs. */
  readonly hasUrls: boolean;
  /** Where the scores come from. */
  readonly provenance: ScoreOrigins;
}

/**
 * Counts scores over files, run folders and stores: one look at the tags, one at the groups where they are asked
 * for, one at the scores for quantiles. The result does not depend on threads or on the order of the inputs.
 *
 * @throws BowerbirdError BB_PROVENANCE_MIXED; TallyError for a file that cannot be counted, unless bad files are skipped; the signal's reason
 */
export async function countScoresOf(options: CountOptions): Promise<CountResult> {
  const inputs = await resolveCounted(options);
  return withCount(options, inputs, async (count) => {
    const looked = await count.look();
    const groups = await count.groups?.top(options.order, options.top);
    return resultOf(inputs, looked, {
      quantiles: await count.findQuantiles(options.shares),
      groups,
      ...options,
    });
  });
}

/** Finds what is to be counted. @throws as `resolveInputs`; TallyError BB_USAGE */
export async function resolveCounted(options: CountOptions): Promise<TallyInputs> {
  const inputs = await resolveInputs(options.inputs, options);
  refuseGroupsOfStores(inputs, options.by);
  return inputs;
}

/** Does some work with a count of these inputs, for which a database and the stores are open. */
export async function withCount<T>(
  options: CountOptions,
  inputs: TallyInputs,
  work: (count: CountRun) => Promise<T>,
): Promise<T> {
  const database = await TallyDatabase.open(options, options.signal);
  const stores: Store[] = [];
  try {
    for (const path of inputs.stores) stores.push(await openStore(path));
    return await work(new CountRun(options, inputs, { database, stores }));
  } finally {
    for (const store of stores) await store.close();
    await database.close();
  }
}

/** The whole result of looks at all inputs. @throws BowerbirdError BB_PROVENANCE_MIXED */
export function resultOf(
  inputs: TallyInputs,
  { tally, files, skipped, sides, storeSides, hasUrls }: Looked,
  {
    quantiles,
    groups,
    isMixAllowed = false,
  }: Pick<CountResult, 'quantiles' | 'groups'> & Pick<CountOptions, 'isMixAllowed'>,
): CountResult {
  const provenance = uniteScores([...sides, ...storeSides], isMixAllowed);
  return {
    inputs,
    tally,
    quantiles,
    groups,
    skipped,
    parts: partsOf(files),
    notes: [...inputs.notes, ...files.flatMap(({ note }) => note ?? []), ...provenanceNotes(provenance)],
    provenance,
    hasUrls,
  };
}

function refuseGroupsOfStores({ stores }: TallyInputs, by: string | undefined): void {
  if (by === undefined || stores.length === 0) return;
  throw new TallyError(
    'BB_USAGE',
    `${stores[0]} is a store, and a store has hashes and scores only: --by needs the tags that it was built from.`,
  );
}
