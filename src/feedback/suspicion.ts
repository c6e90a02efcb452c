import type { AnswerColumns } from './answer-columns.ts';
import type { Agreement } from './pair-agreement.ts';

/** No rule speaks of a rater with fewer answers that it looks at. */
const LEAST_ANSWERS = 20;
/** Deviations from one half in standard deviations of fair coins: chance exceeds it once in 16,000 raters. */
const UNLIKELY_Z = 4;
/** A rater whose answers mostly come sooner after they were asked, or after the last, has hardly looked. */
const FAST_MS = 500;
const ONE_VALUE_SHARE = 0.95;

/** The rules, each as a sentence with what it looks at. */
export const SUSPICIONS = {
  'one-side': `of at least ${LEAST_ANSWERS} pairs with a choice, |left - right| / sqrt(left + right) is above ${UNLIKELY_Z}: sides are drawn by chance, so the better one is on each about as often`,
  'too-fast': `the median of at least ${LEAST_ANSWERS} times that an answer took (took_ms, else the time since the rater's last answer) is below ${FAST_MS} ms`,
  'one-value': `at least ${ONE_VALUE_SHARE * 100} % of at least ${LEAST_ANSWERS} ratings are the same number`,
  'against-others': `of at least ${LEAST_ANSWERS} comparisons with others' choices on the same pairs, fewer than half agree, by more than ${UNLIKELY_Z} sqrt(comparisons) / 2: as if left and right were taken for each other`,
} as const;

export type Suspicion = keyof typeof SUSPICIONS;

/** A rater whose answers one may want to look at. No answer is left out for it. */
export interface Suspect {
  readonly rater: string;
  readonly suspicion: Suspicion;
  /** The figure that the rule speaks of: z, milliseconds, a share. */
  readonly figure: number;
  /** How many answers or comparisons it comes from. */
  readonly of: number;
}

interface RaterFacts {
  left: number;
  right: number;
  lastMs: number;
  readonly tookMs: number[];
  readonly values: Map<number, number>;
}

/** What the rules find in the answers of one mode. @param withOthers by rater's number, of pairs */
export function suspectsIn(
  columns: AnswerColumns,
  mode: 'pair' | 'rating' | 'keep' | 'likes',
  withOthers: readonly Agreement[] = [],
): Suspect[] {
  return factsOf(columns).flatMap((facts, number) => {
    const rater = columns.raters[number]!;
    const found = [
      mode === 'pair' ? oneSide(facts) : undefined,
      mode === 'likes' ? undefined : tooFast(facts),
      mode === 'rating' ? oneValue(facts) : undefined,
      againstOthers(withOthers[number]),
    ];
    return found.flatMap((each) => (each ? [{ rater, ...each }] : []));
  });
}

type Finding = Omit<Suspect, 'rater'> | undefined;

function oneSide({ left, right }: RaterFacts): Finding {
  const of = left + right;
  const z = Math.abs(left - right) / Math.sqrt(of);
  return of >= LEAST_ANSWERS && z > UNLIKELY_Z ? { suspicion: 'one-side', figure: z, of } : undefined;
}

function tooFast({ tookMs }: RaterFacts): Finding {
  if (tookMs.length < LEAST_ANSWERS) return undefined;
  const figure = Float64Array.from(tookMs).sort()[Math.floor(tookMs.length / 2)]!;
  return figure < FAST_MS ? { suspicion: 'too-fast', figure, of: tookMs.length } : undefined;
}

function oneValue({ values }: RaterFacts): Finding {
  const of = [...values.values()].reduce((sum, count) => sum + count, 0);
  const figure = [...values.values()].reduce((most, count) => Math.max(most, count), 0) / of;
  return of >= LEAST_ANSWERS && figure >= ONE_VALUE_SHARE
    ? { suspicion: 'one-value', figure, of }
    : undefined;
}

function againstOthers(agreement: Agreement | undefined): Finding {
  const { compared, agreed } = agreement ?? { compared: 0, agreed: 0 };
  const z = (compared - 2 * agreed) / Math.sqrt(compared);
  return compared >= LEAST_ANSWERS && z > UNLIKELY_Z
    ? { suspicion: 'against-others', figure: agreed / compared, of: compared }
    : undefined;
}

function factsOf(columns: AnswerColumns): RaterFacts[] {
  const all = columns.raters.map(
    (): RaterFacts => ({ left: 0, right: 0, lastMs: Number.NaN, tookMs: [], values: new Map() }),
  );
  for (let i = 0; i < columns.length; i++) {
    const { rater, value, second, isFirstLeft, timeMs, tookMs } = columns.row(i);
    const facts = all[rater]!;
    if (second >= 0 && value !== 0) {
      if (value > 0 === isFirstLeft) facts.left++;
      else facts.right++;
    }
    facts.values.set(value, (facts.values.get(value) ?? 0) + 1);
    const duration = Number.isNaN(tookMs) ? timeMs - facts.lastMs : tookMs;
    facts.lastMs = timeMs;
    // Files that were joined are not in the order of time.
    if (duration >= 0) facts.tookMs.push(duration);
  }
  return all;
}
