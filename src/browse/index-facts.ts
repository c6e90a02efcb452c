import { FATES, statusName } from './fates.ts';
import type { FateFacts, PageState, ScoreFacts } from './page-data.ts';
import type { ScoreIndex } from './score-index.ts';

/** What there is to sort and filter by. */
export type IndexFacts = Pick<PageState, 'scores' | 'fates' | 'pictured'>;

/** Counts once what the page offers. @param pictured 1 where a row's picture is on this machine */
export function factsOf(index: ScoreIndex, pictured: Uint8Array): IndexFacts {
  return {
    scores: scoreFacts(index),
    fates: fateFacts(index),
    pictured: pictured.reduce((sum, mark) => sum + mark, 0),
  };
}

function scoreFacts({ scores }: ScoreIndex): ScoreFacts[] {
  return [...scores].map(([name, values]) => {
    let [count, least, most] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) {
      if (Number.isNaN(value)) continue;
      count++;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    return count === 0 ? { name, count, least: null, most: null } : { name, count, least, most };
  });
}

function fateFacts(index: ScoreIndex): FateFacts[] {
  const counts = index.countFates();
  return FATES.map(({ name, group, status }, place) => ({
    ...{ name, group, status: statusName(status) },
    count: counts[place]!,
  })).filter(({ count }) => count > 0);
}
