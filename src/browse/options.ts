import type { Downloader } from '../download/downloader.ts';
import type { ListenPlace } from '../web/listen.ts';

/** What to look at, and how. */
export interface BrowseOptions extends ListenPlace {
  /** The folder of a run or of a subset. */
  readonly path: string;
  /** What the address has to have; made where not given. */
  readonly token?: string | undefined;
  /** Of DuckDB, which holds captions and URLs; what does not fit is spilled. */
  readonly memoryLimitMb: number;
  readonly threads: number;
  /** Larger image files are not shown. */
  readonly maxBytes: number;
  /** Makes what fetches pictures from their hosts; absent where that is not wanted. It is closed in the end. */
  readonly downloader?: (() => Downloader) | undefined;
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  /** Told in a line what a person is to know. */
  readonly onNote?: ((note: string) => void) | undefined;
  /** Gets what was thrown where a request ends with status 500. */
  readonly onFault?: ((thrown: unknown) => void) | undefined;
}

/** How far the rows are read. */
export interface ReadProgress {
  /** Scores come first: with them there is something to see; then captions and URLs. */
  readonly what: 'scores' | 'texts';
  readonly rows: number;
  readonly totalRows: number;
}
