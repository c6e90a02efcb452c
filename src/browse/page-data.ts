/*
 * What the page and its server tell each other, as JSON. The page's script is compiled with the same types.
 */

/** `GET /state` */
export interface PageState {
  readonly title: string;
  readonly kind: 'run' | 'subset';
  readonly rowCount: number;
  /** Rows of which scores, then texts, are read. */
  readonly scoresRead: number;
  readonly textsRead: number;
  /** While false there is no more than this. */
  readonly isReady: boolean;
  readonly areTextsRead: boolean;
  readonly scores: readonly ScoreFacts[];
  readonly fates: readonly FateFacts[];
  /** Rows whose picture is on this machine. */
  readonly pictured: number;
  readonly canRefetch: boolean;
  readonly notes: readonly string[];
  /** What ended the reading, where it was not its end. */
  readonly failure: string | null;
}

/** A column of scores: how many rows have one, and between what. */
export interface ScoreFacts {
  readonly name: string;
  readonly count: number;
  readonly least: number | null;
  readonly most: number | null;
}

/** How many rows ended in one way; of those that any did. */
export interface FateFacts {
  readonly name: string;
  readonly group: 'kept' | 'dropped' | 'failed';
  readonly status: string;
  readonly count: number;
}

/** `GET /rows?...&from=0&count=60` */
export interface PageWindow {
  /** Of the whole view. */
  readonly total: number;
  readonly from: number;
  readonly rows: readonly PageRow[];
}

/** A row in the grid. */
export interface PageRow {
  /** Its number in the collection. */
  readonly row: number;
  /** In the order of `PageState.scores`; null where it has none. */
  readonly scores: readonly (number | null)[];
  readonly fate: string;
  readonly group: FateFacts['group'];
  readonly origin: 'saved' | 'input' | 'thumbnail' | null;
  /** Null where there is none, and while texts are not read. */
  readonly caption: string | null;
  readonly url: string | null;
  /** Whether `url` is an address that a host can be asked for, and not the name of a file. */
  readonly isWeb: boolean;
  readonly key: string | null;
}

/** `GET /rows/:row?...`: a row, and those beside it. */
export interface PageDetail extends PageRow {
  /** Its place in the view; null where it is not in it. */
  readonly position: number | null;
  /** Rows of the view. */
  readonly total: number;
  readonly status: string;
  readonly width: number | null;
  readonly height: number | null;
  /** Every column of its file. */
  readonly fields: readonly (readonly [name: string, value: string | null])[];
  /** Rows of the view whose first score is closest, by that score, this row among them. */
  readonly neighbours: readonly PageRow[];
}
