import type { Downloader } from '../download/downloader.ts';
import type { ListenPlace } from '../web/listen.ts';

/** What to look at, and what may be spent on it. */
export interface RowOptions {
  /** The folder of a run or of a subset. */
  readonly path: string;
  /** Whether captions and URLs stay in their files, for nobody searches in them. */
  readonly areTextsLeft?: boolean | undefined;
  /** Of DuckDB, which holds captions and URLs; what does not fit is spilled. */
  readonly memoryLimitMb: number;
  readonly threads: number;
  /** Larger image files are not shown. */
  readonly maxBytes: number;
  /** Makes what fetches pictures from their hosts; absent where that is not wanted. It is closed in the end. */
  readonly downloader?: (() => Downloader) | undefined;
  /** Has the saved images of a shard at hand, where they lie elsewhere. */
  readonly fetchImages?: ((shardId: number) => Promise<void>) | undefined;
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  /** Told in a line what a person is to know. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** The page of rows, and where it is served. */
export interface BrowseOptions extends RowOptions, ListenPlace {
  /** What the address has to have; made where not given. */
  readonly token?: string | undefined;
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
