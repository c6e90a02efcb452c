import type { DecodedRow } from './model-stage.ts';

/** Offers the picture of a row whose scores are all known to the report, where the row has an aesthetic score. */
export function offerPicture({ work, index, crops }: DecodedRow): void {
  const scores = work.headScores.aesthetic;
  if (scores) work.picker?.offer(index, scores[index]!, crops.encoder);
}
