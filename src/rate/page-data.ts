import type { SampleName } from '../feedback/answer.ts';
import type { AskedMode } from '../feedback/queue-items.ts';

/*
 * What the page and its server tell each other, as JSON. The page's script is compiled with the same types.
 */

/** `GET /state?rater=` */
export interface PageState {
  /** Names the feedback file, question and mode: what the page keeps for one of them it never sends to another. */
  readonly place: string;
  readonly title: string;
  readonly question: string;
  readonly mode: AskedMode;
  /** Who answers, where the command says it. */
  readonly rater: string | null;
  /** Who has answered so far, in the order in which they began. */
  readonly raters: readonly string[];
  readonly standing: PageStanding | null;
  /** By the server's clock, ISO 8601. */
  readonly now: string;
}

/** What a rater has answered so far, as far as it is saved. */
export interface PageStanding {
  /** Neither skipped nor taken back. */
  readonly answers: number;
  readonly skips: number;
  /** Answers about what the rater had answered before, and how many of them said the same. */
  readonly compared: number;
  readonly agreed: number;
}

/** A sample as it is shown. */
export interface PageSample {
  readonly name: SampleName;
  /** Path of its picture on this server. */
  readonly picture: string;
  /** Of a review: path of the name under which it would be kept; `?stem=` proposes one. */
  readonly naming?: string;
  readonly caption: string | null;
}

/** What is asked next: of a pair two samples, left and right as they are shown; else one. */
export interface PageItem {
  /** Names it for this rater. */
  readonly id: string;
  readonly samples: readonly PageSample[];
  /** What the order of a pair was drawn with. */
  readonly seed?: number;
  readonly swapped?: boolean;
  /** The item of a queue that asks. */
  readonly queue?: string;
  /** What stands beside the picture: its score. */
  readonly facts?: string;
  /** Ids of items that came before and are so like it that it is not asked once one of them is kept. */
  readonly near?: readonly string[];
}

/** `GET /items?rater=&count=&held=` */
export interface PageItems {
  readonly items: readonly PageItem[];
  /** Nothing is left to ask this rater. */
  readonly isEnd: boolean;
  /** How many questions this rater has not answered, those that the page holds among them; null where nobody counts them. */
  readonly left: number | null;
  /** What goes wrong behind the page, in a sentence; null where nothing does. */
  readonly behind: string | null;
  /** Of a review: of the items that the page holds, those that need no answer any more. */
  readonly settled?: readonly string[];
}

/** Of each record that was sent: saved now, saved before, or refused, and why. */
export type RecordResult = 'saved' | 'saved-before' | { readonly refused: string };

/** `POST /answers` */
export interface PageSaved {
  readonly results: readonly RecordResult[];
  /** Of the raters whose records were sent. */
  readonly standings: Readonly<Record<string, PageStanding>>;
  /** By the ids of records: what a person is to know of what was done. */
  readonly said?: Readonly<Record<string, string>>;
  /** As `PageItems.behind`. */
  readonly behind: string | null;
}

/** `GET` of `PageSample.naming` */
export interface PageNaming {
  /** The name of the file that keeping it would make, now. */
  readonly file: string;
}
