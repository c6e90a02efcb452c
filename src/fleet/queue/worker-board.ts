import type { Redis } from 'ioredis';
import { parseNews, type WorkerNews } from '../worker-news.ts';
import { keyPrefix } from './redis.ts';

/** Of workers that were not heard of for so long nothing is kept. */
const KEPT_S = 86_400;

/** By the clock of Redis: those of machines differ. */
const TELL = `
local now = tonumber(redis.call('TIME')[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], now, ARGV[1])
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ${KEPT_S})
for _, name in ipairs(old) do
  redis.call('HDEL', KEYS[1], name)
  redis.call('ZREM', KEYS[2], name)
end
redis.call('EXPIRE', KEYS[1], ${KEPT_S})
redis.call('EXPIRE', KEYS[2], ${KEPT_S})`;

const READ = `
return { redis.call('TIME')[1], redis.call('HGETALL', KEYS[1]), redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES') }`;

/** What a worker said last, and how long ago. */
export interface HeardNews {
  readonly news: WorkerNews;
  readonly silentMs: number;
}

/** Where workers of a run tell what they do, in Redis. */
export class WorkerBoard {
  readonly #redis: Redis;
  readonly #keys: readonly [string, string];

  /** @param key of the queue */
  constructor(redis: Redis, key: string) {
    this.#redis = redis;
    this.#keys = [`${keyPrefix(key)}:workers`, `${keyPrefix(key)}:heard`];
  }

  /** Nobody waits for a Redis that is away: there will be other news. */
  async tell(news: WorkerNews): Promise<void> {
    if (this.#redis.status !== 'ready') return;
    await this.#redis.eval(TELL, 2, ...this.#keys, news.worker, JSON.stringify(news));
  }

  /** Of all workers, in the order of their names. @throws what the client throws where Redis is away */
  async read(): Promise<HeardNews[]> {
    const answer = (await this.#redis.eval(READ, 2, ...this.#keys)) as [string, string[], string[]];
    const [now, said, heard] = answer;
    const heardAt = new Map(pairsOf(heard));
    return pairsOf(said)
      .flatMap(([name, text]) => {
        const news = parseNews(text);
        return news ? [{ news, silentMs: 1000 * (Number(now) - Number(heardAt.get(name) ?? 0)) }] : [];
      })
      .sort((a, b) => (a.news.worker < b.news.worker ? -1 : 1));
  }
}

function pairsOf(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i]!, list[2 * i + 1]!]);
}
