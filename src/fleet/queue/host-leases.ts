import type { Redis } from 'ioredis';

/** What a process says of a host, and asks for. */
export interface LeaseAsk {
  readonly host: string;
  /** Of all processes together; where others say less, that counts. */
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
  /** The limit of each host that counted: the lowest that any process says which has requests there, or wants some. */
  readonly limits: readonly number[];
  /** Processes that share hosts by this Redis. */
  readonly processes: number;
}

/**
 * Gives requests at hosts out. For each host a hash has, by process, `HELD:WANTED:EXPIRY:LIMIT`. What others hold and has not expired is theirs.
 * The lowest limit counts for all: of two, the process with the lower one would wait for as long as another holds as much. Of it each gets what it wants, or as much as the others (max-min fairness); where that leaves a rest, or the limit is less than one
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
  local own, asks, held = limit, { { name = me, wanted = wanted } }, 0
  for j = 1, #all, 2 do
    if all[j] ~= me then
      local h, w, expiry, most = string.match(all[j + 1], '^(%d+):(%d+):(%d+):(%d+)$')
      if tonumber(expiry) > now then
        asks[#asks + 1] = { name = all[j], wanted = tonumber(w) }
        held = held + tonumber(h)
        limit = math.min(limit, tonumber(most))
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
    redis.call('HSET', KEYS[i], me, string.format('%d:%d:%.0f:%d', hold, wanted, now + lease, own))
    redis.call('PEXPIRE', KEYS[i], lease)
  end
  answer[2 * i - 2], answer[2 * i - 1] = granted, limit
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
    const [processes = 1, ...pairs] = answer as number[];
    const every = (place: number): number[] => pairs.filter((_, i) => i % 2 === place);
    return { processes, granted: every(0), limits: every(1) };
  }
}
