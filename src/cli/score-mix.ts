import { provenanceNotes, type ScoreSide, uniteScores } from '../samples/provenance/mixing.ts';
import type { ScoreOrigins } from '../samples/provenance/provenance.ts';

/** Where the rows of a store come from, held against what it holds already. */
export class ScoreMix {
  /** Of the rows alone. */
  scores: ScoreOrigins = {};
  readonly #isAllowed: boolean;
  #below: readonly ScoreSide[] = [];

  constructor(isAllowed: boolean) {
    this.#isAllowed = isAllowed;
  }

  /** Says what the rows are to be added to. */
  lieOn(store: ScoreSide): void {
    this.#below = [store];
  }

  /** @throws BowerbirdError BB_PROVENANCE_MIXED */
  take(sides: readonly ScoreSide[]): void {
    const all = uniteScores([...this.#below, ...sides], this.#isAllowed);
    for (const note of provenanceNotes(all)) process.stderr.write(`${note}\n`);
    this.scores = uniteScores(sides, true);
  }
}
