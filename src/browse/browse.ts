import { startWeb } from '../web/server.ts';
import type { BrowseOptions } from './options.ts';
import { browseRoutes } from './routes.ts';
import { BrowsedRows } from './rows.ts';

/** A page that is served. */
export interface RunningBrowse {
  /** With its token: who has it may look. */
  readonly url: string;
  readonly port: number;
  /** How many rows there are. */
  readonly rowCount: number;
  /** All rows are read. @throws TableError BB_SHARD_READ */
  readonly read: Promise<unknown>;
  /** Closes the port, ends the decoders, and removes the temporary folder. */
  stop(): Promise<void>;
}

/**
 * Serves a page that shows the rows of a run or a subset. It is there at once; the rows are read meanwhile.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_EMPTY, BB_INPUT_UNREADABLE, BB_OUTPUT_UNFINISHED, BB_RUN_CORRUPT, BB_USAGE, BB_LISTEN,
 *   BB_TEMPORARY_FOLDER, BB_DISK_FULL
 */
export async function startBrowse(options: BrowseOptions): Promise<RunningBrowse> {
  const rows = await BrowsedRows.open(options);
  try {
    const { host, port, token, onFault } = options;
    const web = await startWeb({ ...{ host, port, token, onFault }, routes: browseRoutes(rows) });
    return {
      url: web.url,
      port: web.port,
      rowCount: rows.progress.totalRows,
      read: Promise.all([rows.scored, rows.texts]),
      stop: async () => {
        await web.stop();
        await rows.close();
      },
    };
  } catch (thrown) {
    await rows.close();
    throw thrown;
  }
}
