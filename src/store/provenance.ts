import {
  columnOrigins,
  readProvenance,
  type ScoreOrigins,
  uniteProvenance,
} from '../samples/provenance/provenance.ts';
import type { StoreMeta } from './meta.ts';

/** What of a version tells where its scores come from. */
type StatedMeta = Pick<StoreMeta, 'columns' | 'provenance'>;

/** Where the scores of a store come from, whose versions have these meta entries. Those of before it was kept state nothing. */
export function scoresOfStore(metas: readonly StatedMeta[]): ScoreOrigins {
  return uniteProvenance(metas.map((meta) => ({ scores: scoresOfVersion(meta) }))).scores;
}

function scoresOfVersion({ columns, provenance }: StatedMeta): ScoreOrigins {
  const stated = readProvenance(provenance);
  return Object.fromEntries(columns.map((column) => [column, columnOrigins(column, { provenance: stated })]));
}
