import type { AnswerColumns, AnswerRow } from './answer-columns.ts';

/** How often two answers about the same thing were compared, and how often they said the same. */
export interface Agreement {
  readonly compared: number;
  readonly agreed: number;
}

/** How answers about the same pair agree: on which side is better, or that none is. By how much does not count. */
export interface PairAgreement {
  /** Pairs that were answered more than once. */
  readonly repeatedPairs: number;
  /** Each two answers of different raters. */
  readonly betweenRaters: Agreement;
  /** Each two answers of one rater. */
  readonly withOneself: Agreement;
  /** Of these, those in which left and right were the other way round. */
  readonly withOneselfSwapped: Agreement;
  /** By rater's number: answers compared with those of others, where both chose a side. */
  readonly withOthers: readonly Agreement[];
}

class Tally implements Agreement {
  compared = 0;
  agreed = 0;

  add(isAgreed: boolean): void {
    this.compared++;
    if (isAgreed) this.agreed++;
  }
}

/** Compares each answer about a pair with each other one about it. */
export function agreementOfPairs(columns: AnswerColumns): PairAgreement {
  const [between, oneself, swapped] = [new Tally(), new Tally(), new Tally()];
  const others = columns.raters.map(() => new Tally());
  let repeatedPairs = 0;
  for (const rows of columns.bySubject(2)) {
    repeatedPairs++;
    forEachTwo(rows, (a, b) => {
      const isAgreed = a.value === b.value;
      if (a.rater === b.rater) {
        oneself.add(isAgreed);
        if (a.isFirstLeft !== b.isFirstLeft) swapped.add(isAgreed);
        return;
      }
      between.add(isAgreed);
      if (a.value === 0 || b.value === 0) return;
      others[a.rater]!.add(isAgreed);
      others[b.rater]!.add(isAgreed);
    });
  }
  return {
    repeatedPairs,
    betweenRaters: between,
    withOneself: oneself,
    withOneselfSwapped: swapped,
    withOthers: others,
  };
}

/** Answers about one sample or keep-or-leave question compared likewise. */
export function agreementOfKeeps(
  columns: AnswerColumns,
): Pick<PairAgreement, 'betweenRaters' | 'withOneself'> {
  const [between, oneself] = [new Tally(), new Tally()];
  for (const rows of columns.bySubject(2)) {
    forEachTwo(rows, (a, b) => (a.rater === b.rater ? oneself : between).add(a.value === b.value));
  }
  return { betweenRaters: between, withOneself: oneself };
}

/** Of one thing, at most so many of its answers are compared with each other. */
const MOST_COMPARED = 1000;

function forEachTwo(rows: readonly AnswerRow[], compare: (a: AnswerRow, b: AnswerRow) => void): void {
  const most = Math.min(rows.length, MOST_COMPARED);
  for (let i = 0; i < most; i++) for (let j = i + 1; j < most; j++) compare(rows[i]!, rows[j]!);
}
