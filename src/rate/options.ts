import type { AskedMode } from '../feedback/queue-items.ts';
import type { ListenPlace } from '../web/listen.ts';

/** What a page is made for: a mode; `review` asks as `keep` does, and shows under which name a picture would be kept. */
export type PageKind = AskedMode | 'review';

/** What is asked at a table, and who is told of what goes wrong. */
export interface TableOptions {
  readonly question: string;
  readonly mode: AskedMode;
  /** Who answers, where nobody is to be asked for a name. */
  readonly rater?: string | undefined;
  /** Told how many lines were saved. */
  readonly onSaved?: ((count: number) => void) | undefined;
  /** What goes wrong behind the page, in a sentence for those who answer, without anything of this machine. */
  readonly trouble?: (() => string | undefined) | undefined;
  /** Told in a line what a person is to know. */
  readonly onNote?: ((note: string) => void) | undefined;
  /** Gets what was thrown where a request ends with status 500 or 503. */
  readonly onFault?: ((thrown: unknown) => void) | undefined;
}

/** How a table is served. */
export interface ServingOptions extends TableOptions, ListenPlace {
  /** The feedback file; made with the first answer where it is not there. */
  readonly feedback: string;
  /** What the address has to have; where not given, made, and kept over a kill. */
  readonly token?: string | undefined;
  /** Gives the start up. */
  readonly signal?: AbortSignal | undefined;
  /** Told what is being read, and how far. */
  readonly onProgress?: ((what: 'answers' | 'samples', count: number) => void) | undefined;
}

/** What is shown, and what reading it may take. */
export interface SourceOptions {
  /** The folder of a run or subset; where any pictures are asked about also a folder of images, or tar archives. */
  readonly source: string;
  /** Of DuckDB; what does not fit is spilled. */
  readonly memoryLimitMb: number;
  readonly threads: number;
  /** Larger image files are not shown. */
  readonly maxBytes: number;
}

/** What is asked about what, and where the answers go. */
export interface RateOptions extends ServingOptions, SourceOptions {
  /** A queue file, which is read again whenever it is replaced; pairs or samples drawn at random where not given. */
  readonly queue?: string | undefined;
  /** What is drawn at random is drawn with. */
  readonly seed: number;
  /** Share of the questions, from 0 to below 1, that ask once more what the rater has answered before. */
  readonly repeatShare: number;
}
