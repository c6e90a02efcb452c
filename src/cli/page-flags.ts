import type { ListenPlace } from '../web/listen.ts';
import { addressFlags, addressOptions } from './address-flags.ts';
import type { FlagTable, FlagValues } from './flags.ts';

/** What the process holds beside DuckDB: rendered pictures, images in flight, what was answered. */
const BESIDE_DUCKDB_MB = 256;

/** The flags of every page on which people answer. */
export function answerPageFlags(port: number): FlagTable {
  return {
    ...addressFlags(port, 'pictures, captions and answers'),
    token: {
      group: 'Address:',
      type: 'string',
      describe:
        'Token in the address of the page, made anew at each start but after a kill where not given; better given as BOWERBIRD_TOKEN',
    },
    'max-bytes': {
      group: 'Machine:',
      type: 'integer',
      min: 1,
      default: 20_971_520,
      describe: 'Bytes of the largest image file that is shown',
    },
    'memory-mb': {
      group: 'Machine:',
      type: 'integer',
      min: 512,
      default: 1024,
      describe:
        'Memory for reading tables, and 256 MB of it for the rest; what does not fit is spilled to disk',
    },
    threads: {
      group: 'Machine:',
      type: 'integer',
      min: 1,
      max: 256,
      default: 2,
      describe: 'Threads that read tables',
    },
    json: {
      group: 'Output:',
      type: 'boolean',
      default: false,
      describe: 'Print the address as a line of JSON on stdout',
    },
  };
}

/** Where a page is served, and what may be spent on it. */
export interface AnswerPageOptions extends ListenPlace {
  readonly token: string | undefined;
  readonly maxBytes: number;
  readonly memoryLimitMb: number;
  readonly threads: number;
}

/** What these flags and the environment say. @throws BowerbirdError BB_USAGE */
export function answerPageOptions(values: FlagValues, environment: NodeJS.ProcessEnv): AnswerPageOptions {
  return {
    ...addressOptions(values, environment),
    maxBytes: values['max-bytes'] as number,
    memoryLimitMb: (values['memory-mb'] as number) - BESIDE_DUCKDB_MB,
    threads: values['threads'] as number,
  };
}
