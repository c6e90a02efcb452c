import type { Answer, Mode } from './answer.ts';
import { AnswerColumns } from './answer-columns.ts';
import { type Cycles, cyclesOf } from './cycles.ts';
import { type Agreement, agreementOfKeeps, agreementOfPairs } from './pair-agreement.ts';
import { agreementOfRatings, type RatingAgreement } from './ratings.ts';
import { type Suspect, suspectsIn } from './suspicion.ts';

export type { Agreement } from './pair-agreement.ts';

/** What one rater has answered. */
export interface RaterCounts {
  readonly rater: string;
  readonly answers: number;
  readonly skips: number;
  /** The first and last time, where any is known. */
  readonly from: string | null;
  readonly to: string | null;
}

/** The answers to one question in one mode. */
export interface ModeSummary {
  readonly question: string;
  readonly mode: Mode;
  /** Those that stand and were not skipped. */
  readonly answers: number;
  readonly skips: number;
  /** What they are about. */
  readonly samples: number;
  /** How often each choice was made, of pairs and keep. */
  readonly choices: Readonly<Record<string, number>>;
  readonly raters: readonly RaterCounts[];
  /** Of pairs and keep. */
  readonly betweenRaters?: Agreement;
  readonly withOneself?: Agreement;
  /** Of pairs: with left and right the other way round. */
  readonly withOneselfSwapped?: Agreement;
  readonly repeatedPairs?: number;
  readonly cycles?: Cycles;
  /** Of ratings and likes. */
  readonly ratings?: RatingAgreement;
  readonly suspects: readonly Suspect[];
}

/** Counts answers, and says how they agree. */
export class FeedbackSummary {
  readonly #modes = new Map<string, ModeTally>();

  add(answer: Answer): void {
    const name = `${answer.question} ${answer.mode}`;
    let tally = this.#modes.get(name);
    if (!tally) {
      tally = new ModeTally(answer.question, answer.mode);
      this.#modes.set(name, tally);
    }
    tally.add(answer);
  }

  /** By question and mode, in the order in which they were met. */
  result(): ModeSummary[] {
    return [...this.#modes.values()].map((tally) => tally.result());
  }
}

class ModeTally {
  readonly #question: string;
  readonly #mode: Mode;
  readonly #columns = new AnswerColumns();
  readonly #choices: Record<string, number> = {};
  readonly #raters = new Map<
    string,
    { answers: number; skips: number; from: string | null; to: string | null }
  >();
  #skips = 0;

  constructor(question: string, mode: Mode) {
    this.#question = question;
    this.#mode = mode;
  }

  add(answer: Answer): void {
    const counts = this.#raters.get(answer.rater) ?? { answers: 0, skips: 0, from: null, to: null };
    this.#raters.set(answer.rater, counts);
    if (answer.time !== undefined) {
      if (counts.from === null || answer.time < counts.from) counts.from = answer.time;
      if (counts.to === null || answer.time > counts.to) counts.to = answer.time;
    }
    if (answer.answer === 'skip') {
      this.#skips++;
      counts.skips++;
      return;
    }
    counts.answers++;
    if (typeof answer.answer === 'string')
      this.#choices[answer.answer] = (this.#choices[answer.answer] ?? 0) + 1;
    this.#columns.add(answer);
  }

  result(): ModeSummary {
    return {
      question: this.#question,
      mode: this.#mode,
      answers: this.#columns.length,
      skips: this.#skips,
      samples: this.#columns.sampleCount,
      choices: this.#choices,
      raters: [...this.#raters].map(([rater, counts]) => ({ rater, ...counts })),
      ...this.#agreement(),
    };
  }

  #agreement(): Omit<
    ModeSummary,
    'question' | 'mode' | 'answers' | 'skips' | 'samples' | 'choices' | 'raters'
  > {
    const columns = this.#columns;
    const mode = this.#mode;
    if (mode === 'pair') {
      const { withOthers, ...agreement } = agreementOfPairs(columns);
      return { ...agreement, cycles: cyclesOf(columns), suspects: suspectsIn(columns, mode, withOthers) };
    }
    const suspects = suspectsIn(columns, mode);
    return mode === 'keep'
      ? { ...agreementOfKeeps(columns), suspects }
      : { ratings: agreementOfRatings(columns), suspects };
  }
}
