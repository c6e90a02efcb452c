import { createRequire } from 'node:module';
import type { Redis } from 'ioredis';
import { BowerbirdError, messageOf } from '../../base/errors.ts';

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

/** The names of what is kept for a plan begin with it. @param digest of the plan */
export function keyPrefix(digest: string): string {
  return `bowerbird-${digest.slice(0, 16)}`;
}

/** For people: passwords stay where they were given. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
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
    const address = withoutPassword(url);
    const isRefused = /^(NOAUTH|WRONGPASS|NOPERM)|password|AUTH/.test(why);
    throw new BowerbirdError(
      'BB_QUEUE_UNREACHABLE',
      isRefused
        ? `${address} answers and refuses: ${why}. Give its password in the address of --queue: rediss://:PASSWORD@HOST.`
        : `No Redis or Valkey answers at ${address}: ${why}. Start one there, or name another with --queue.`,
      { cause, fields: { url: address } },
    );
  }
}
