import { dirname } from 'node:path';
import { provenanceNotes, type ScoreSide, uniteScores } from '../samples/provenance/mixing.ts';
import { scoresOf } from '../samples/provenance/of-run.ts';
import type { HeadOrigin } from '../samples/provenance/origin.ts';
import { type Provenance, uniteProvenance } from '../samples/provenance/provenance.ts';
import type { RescoreConfig } from './config.ts';
import { type ColumnHead, labelledColumns, spreadColumns } from './head-set.ts';
import type { RescoreInput, RescorePlan } from './plan.ts';

/** Where the scores of a file of embeddings come from. */
export function inputProvenance(
  heads: readonly ColumnHead[],
  { encoder, tagOrigins }: Pick<RescoreInput, 'encoder' | 'tagOrigins'>,
  recomputeTags: boolean,
): Provenance {
  const computed = heads.map(({ column, head: { name, digest, computes } }): [string, HeadOrigin] => [
    column,
    { from: 'head', head: { name, digest, computes }, encoder, stored: true },
  ]);
  return {
    ...(encoder && { embeddings: encoder }),
    scores: scoresOf({
      computed: Object.fromEntries(computed),
      given: tagOrigins,
      recomputeTags,
      spreads: spreadColumns(heads).map(({ column }) => column),
      labels: Object.fromEntries(labelledColumns(heads).map(({ column, label }) => [column, label])),
    }),
  };
}

/**
 * Refuses embeddings of several encoders under one head, and tags of several origins, unless that is allowed.
 *
 * @returns what a person is to know of them, in a line each
 * @throws BowerbirdError BB_PROVENANCE_MIXED
 */
export function checkProvenance(
  heads: readonly ColumnHead[],
  { inputs }: RescorePlan,
  { recomputeTags, isMixAllowed = false }: Pick<RescoreConfig, 'recomputeTags' | 'isMixAllowed'>,
): string[] {
  const folders = new Map<string, Provenance[]>();
  for (const input of inputs) {
    const folder = input.isParquet ? input.embeddings : dirname(dirname(input.embeddings));
    const before = folders.get(folder) ?? [];
    folders.set(folder, [...before, inputProvenance(heads, input, recomputeTags)]);
  }
  // What one folder mixes was written so.
  const sides = [...folders].map(([path, all]): ScoreSide => ({ path, scores: uniteProvenance(all).scores }));
  return provenanceNotes(uniteScores(sides, isMixAllowed));
}
