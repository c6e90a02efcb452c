import type { BrowseOptions } from '../browse/options.ts';
import { createDownloader } from '../download/downloader.ts';
import { addressFlags, addressOptions } from './address-flags.ts';
import { downloadFlags } from './download-flags.ts';
import type { FlagTable, FlagValues } from './flags.ts';
import { downloadOptions } from './score-config.ts';

/** What the process holds beside DuckDB: rendered pictures, images in flight, scores. */
const BESIDE_DUCKDB_MB = 256;

/** A person who looks at pictures needs no more at a time, and hosts have done nothing to be asked by more. */
const REQUESTS = 16;
const REQUESTS_PER_HOST = 4;

const { 'outage-minutes': _, ...DOWNLOADS } = downloadFlags('Fetching (with --refetch):');

/** The flags of `bowerbird browse`. */
export const BROWSE_FLAGS: FlagTable = {
  ...addressFlags(8421, 'pictures and captions'),
  refetch: {
    group: 'Pictures:',
    type: 'boolean',
    default: false,
    describe: 'Let the page fetch pictures from their hosts, each when it is asked for',
  },
  ...DOWNLOADS,
  'thread-count': { ...DOWNLOADS['thread-count']!, default: REQUESTS },
  'per-host': { ...DOWNLOADS['per-host']!, default: REQUESTS_PER_HOST },
  'memory-mb': {
    group: 'Machine:',
    type: 'integer',
    min: 512,
    default: 1024,
    describe: 'Memory for captions and URLs, 256 MB of it for the rest; what does not fit is spilled to disk',
  },
  threads: {
    group: 'Machine:',
    type: 'integer',
    min: 1,
    max: 256,
    default: 2,
    describe: 'Threads that read and search',
  },
  json: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Print the address as a line of JSON on stdout',
  },
};

/** What the flags and the environment say. @throws BowerbirdError BB_USAGE */
export function browseOptions(
  values: FlagValues,
  path: string,
  environment: NodeJS.ProcessEnv,
): BrowseOptions {
  return {
    path,
    ...addressOptions(values, environment),
    maxBytes: values['max-bytes'] as number,
    memoryLimitMb: (values['memory-mb'] as number) - BESIDE_DUCKDB_MB,
    threads: values['threads'] as number,
    ...(values['refetch'] === true && { downloader: () => createDownloader(downloadOptions(values)) }),
  };
}
