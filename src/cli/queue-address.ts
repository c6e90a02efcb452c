import type { MetricsPlace } from '../fleet/metrics/metrics-server.ts';
import { shownUrl } from '../storage/storage.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';

/** The flag that names a queue of shards. */
export const QUEUE_ADDRESS: FlagTable = {
  queue: {
    group: 'Queue:',
    type: 'string',
    required: true,
    describe: 'Redis or Valkey that workers share: `redis://HOST:6379`, `rediss://:PASSWORD@HOST`',
  },
};

const MAX_PORT = 65_535;

/** The flags of where a process of a fleet serves what it counts. */
export const METRICS_FLAGS: FlagTable = {
  'metrics-port': {
    group: 'Metrics:',
    type: 'integer',
    min: 0,
    max: MAX_PORT,
    describe:
      'Serve counts for Prometheus at /metrics on this port; 0 takes any that is free. Not served if not given',
  },
  'metrics-host': {
    group: 'Metrics:',
    type: 'string',
    default: '127.0.0.1',
    describe: 'Address of it; beyond loopback, anybody who reaches it reads the counts',
  },
};

/** Where metrics are to be served; undefined where they are not. */
export function metricsPlace(values: FlagValues): MetricsPlace | undefined {
  const port = values['metrics-port'] as number | undefined;
  return port === undefined ? undefined : { host: values['metrics-host'] as string, port };
}

/** A path of digits, or none. */
const DATABASE = /^\/?\d*$/;

/** @throws BowerbirdError BB_USAGE for what is no address of Redis */
export function queueUrl(value: unknown): string {
  if (value === undefined)
    throw usageError(
      '--queue is missing: give the address of the Redis or Valkey that workers share, such as redis://localhost:6379.',
    );
  const text = String(value);
  if (/^rediss?:\/\/\S+$/.test(text) && URL.canParse(text) && DATABASE.test(new URL(text).pathname))
    return text;
  throw usageError(
    `--queue takes an address such as redis://localhost:6379, with the number of a database behind it (/2) where it is not the first; not ${JSON.stringify(shownAddress(text))}. In a password @ is written as %40, / as %2F and : as %3A.`,
  );
}

/** Without a scheme, or with a slash too few, what stands before an @ may be a password as well. */
function shownAddress(text: string): string {
  return shownUrl(text).replace(/^.*@/s, '').replace(/\?.*$/s, '');
}
