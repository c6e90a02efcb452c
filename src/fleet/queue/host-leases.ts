import type { Redis } from 'ioredis';

/** What a process says of a host, and asks for. */
export interface LeaseAsk {
  readonly host: string;
  /** Of all processes together. */
  readonly limit: number;
  /** Requests of this process in flight. */
  readonly inFlight: number;
  /** Requests that it would have in flight; 0 gives all back that are not in flight. */
  readonly wanted: number;
}

/** What a process was given. */
export interface LeaseAnswer {
  /** Requests that it may have in flight at each host, in the order of the asks. */
  readonly granted: readonly number[];
  /** Processes that share hosts by this Redis. */
  readonly processes: number;
}

/**
 * Gives requests at hosts out. For each host a hash has, by process, `HELD:WANTED:EXPIRY`. What others hold and has not expired is theirs.
 * Of the limit each gets what it wants, or as much as the others (max-min fairness); where that leaves a rest, or the limit is less than one
 * for each, the rest goes round: every ROUND_MS to those that come next by name. Times are those of Redis.
 *
 * KEYS: the processes, then the hosts. ARGV: process, lease in ms, round in ms, then limit, in flight and wanted of each host.
 */
const SHARE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me, lease, round = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local function fair(limit, asks)
  local sum = 0
  for _, ask in ipairs(asks) do sum = sum + ask.wanted end
  if sum <= limit then return limit end
  table.sort(asks, function(a, b) return a.wanted < b.wanted end)
  local left, open = limit, #asks
  local first = 1
  while first <= #asks and asks[first].wanted <= math.floor(left / open) do
    if asks[first].name == me then return asks[first].wanted end
    left = left - asks[first].wanted
    open = open - 1
    first = first + 1
  end
  local level = math.floor(left / open)
  local rest = left - level * open
  local place = 0
  for i = first, #asks do
    if asks[i].name < me then place = place + 1 end
  end
  local start = (math.floor(now / round) * rest) % open
  if (place - start) % open < rest then return level + 1 end
  return level
end
redis.call('ZADD', KEYS[1], now + lease, me)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('PEXPIRE', KEYS[1], lease)
local answer = { redis.call('ZCARD', KEYS[1]) }
for i = 2, #KEYS do
  local limit, flying, wanted = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local all = redis.call('HGETALL', KEYS[i])
  local asks, held = { { name = me, wanted = wanted } }, 0
  for j = 1, #all, 2 do
    if all[j] ~= me then
      local h, w, expiry = string.match(all[j + 1], '^(%d+):(%d+):(%d+)$')
      if tonumber(expiry) > now then
        asks[#asks + 1] = { name = all[j], wanted = tonumber(w) }
        held = held + tonumber(h)
      else
        redis.call('HDEL', KEYS[i], all[j])
      end
    end
  end
  local granted = math.max(0, math.min(wanted, fair(limit, asks), limit - held))
  if wanted == 0 and flying == 0 then
    redis.call('HDEL', KEYS[i], me)
  else
    local hold = math.max(granted, flying)
    redis.call('HSET', KEYS[i], me, string.format('%d:%d:%.0f', hold, wanted, now + lease))
    redis.call('PEXPIRE', KEYS[i], lease)
  end
  answer[i] = granted
end
return answer`;

/** Redis answers nobody else meanwhile. */
export const ASKS_AT_ONCE = 256;
/** What a limit cannot be divided by goes round this often. */
const ROUND_MS = 2000;

const PROCESSES_KEY = 'bowerbird-hosts';

/** One process's leases of requests at hosts, in a Redis that others share. */
export class HostLeases {
  readonly #redis: Redis;
  readonly #name: string;
  readonly leaseMs: number;

  /** @param name that no other process has */
  constructor(redis: Redis, name: string, leaseMs: number) {
    this.#redis = redis;
    this.#name = name;
    this.leaseMs = leaseMs;
  }

  get isConnected(): boolean {
    return this.#redis.status === 'ready';
  }

  /** Has somebody told whenever there is a connection again. What it gives ends that. */
  onConnected(listener: () => void): () => void {
    this.#redis.on('ready', listener);
    return () => this.#redis.off('ready', listener);
  }

  /** Asks in one round trip. @param asks ASKS_AT_ONCE at most @throws what the client throws where Redis is away */
  async ask(asks: readonly LeaseAsk[]): Promise<LeaseAnswer> {
    const keys = [PROCESSES_KEY, ...asks.map(({ host }) => `${PROCESSES_KEY}:${host}`)];
    const numbers = asks.flatMap(({ limit, inFlight, wanted }) => [limit, inFlight, wanted]);
    const answer = await this.#redis.eval(
      SHARE,
      keys.length,
      ...keys,
      ...[this.#name, this.leaseMs, ROUND_MS, ...numbers],
    );
    const [processes = 1, ...granted] = answer as number[];
    return { processes, granted };
  }
}
