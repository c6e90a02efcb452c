import { createRequire } from 'node:module';
import type { Redis } from 'ioredis';
import { BowerbirdError, messageOf } from '../../base/errors.ts';
import { shownUrl } from '../../storage/storage.ts';

/** Redis that does not answer counts as one that is not there: the work goes on without it. */
const COMMAND_TIMEOUT_MS = 10_000;
const RECONNECT_MS = 500;
const MAX_RECONNECT_MS = 5000;

/**
 * A connection that is made anew whenever it is lost.
 *
 * @param url `redis://` or `rediss://`, with a password where there is one
 * @throws BowerbirdError BB_QUEUE_UNREACHABLE where nothing answers there
 */
export async function openRedis(url: string): Promise<Redis> {
  // CommonJS, which `require` loads in half of the time of an `import`; only where a queue is asked for.
  const ioredis = createRequire(import.meta.url)('ioredis') as typeof import('ioredis');
  const redis = new ioredis.Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(times * RECONNECT_MS, MAX_RECONNECT_MS),
  });
  // Told by what fails; without a listener each lost connection would end the process.
  let cause: unknown;
  redis.on('error', (thrown) => {
    cause = thrown;
  });
  await reach(redis, url, () => cause);
  return redis;
}

/** The names of what is kept for a run begin with it. @param key of its queue */
export function keyPrefix(key: string): string {
  return `bowerbird-${key.slice(0, 16)}`;
}

async function reach(redis: Redis, url: string, causeOf: () => unknown): Promise<void> {
  try {
    await redis.connect();
    // Where there is no database of that number, the client would go on with the first.
    await redis.select(redis.options.db ?? 0);
  } catch (thrown) {
    redis.disconnect();
    const cause = causeOf() ?? thrown;
    const why = messageOf(cause).replace(/\.+$/, '');
    const address = shownUrl(url);
    throw new BowerbirdError('BB_QUEUE_UNREACHABLE', `${address} ${refusalOf(why)}`, {
      cause,
      fields: { url: address },
    });
  }
}

/** What a person is to know and to do, behind the address. */
function refusalOf(why: string): string {
  if (/^(NOAUTH|WRONGPASS|NOPERM)|password|AUTH/.test(why))
    return `answers and refuses: ${why}. Give its password in the address of --queue: redis://:PASSWORD@HOST, in which @ is written as %40, / as %2F and : as %3A.`;
  if (/DB index/.test(why))
    return `answers, and does not have that database: ${why}. Name another behind the address: /0 is the first.`;
  if (/certificate|altnames/i.test(why))
    return `answers with a certificate that is not believed: ${why}. Name the file of its authority (PEM) in NODE_EXTRA_CA_CERTS.`;
  return `does not answer as a Redis or Valkey: ${why}. Start one there, or name another with --queue; with TLS it is rediss://, without it redis://.`;
}
