import { type FlagTable, usageError } from './flags.ts';

/** The flag that names a queue of shards. */
export const QUEUE_ADDRESS: FlagTable = {
  queue: {
    group: 'Queue:',
    type: 'string',
    required: true,
    describe: 'Redis or Valkey that workers share: `redis://HOST:6379`, `rediss://:PASSWORD@HOST`',
  },
};

/** @throws BowerbirdError BB_USAGE for what is no address of Redis */
export function queueUrl(value: unknown): string {
  const text = String(value);
  if (/^rediss?:\/\/\S+$/.test(text) && URL.canParse(text)) return text;
  throw usageError(`--queue takes an address such as redis://localhost:6379, not ${JSON.stringify(text)}.`);
}
