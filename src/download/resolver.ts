import { Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { codeOf } from '../base/errors.ts';

/** A name has no address, or its servers could not say. */
export class NameError extends Error {
  override readonly name = 'NameError';
  readonly kind: 'not_found' | 'failed';

  constructor(kind: 'not_found' | 'failed', cause: unknown) {
    super(kind === 'not_found' ? 'name not found' : 'name servers failed', { cause });
    this.kind = kind;
  }
}

/** The addresses of a name, in the order to try them. */
export interface NameResolver {
  /** @throws NameError */
  resolve(name: string): Promise<readonly string[]>;
  /** Whether the name servers know a zone, such as `com`, whatever it holds. */
  zoneExists(zone: string): Promise<boolean>;
  /** Has names asked for anew that were said not to exist, of the name servers that the system has by now. */
  forgetMissing(): void;
  /** Gives up what is being asked. */
  close(): void;
}

export interface ResolverOptions {
  /** What one name may take, over all tries. */
  readonly timeoutMs: number;
  /** `address` or `address:port`; the system's where not given. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  readonly maxNames?: number;
  readonly nowMs?: () => number;
}

interface Answer {
  readonly addresses: Promise<readonly string[]>;
  expiresAtMs: number;
  isMissing: boolean;
}

const SYSTEM_HOSTS_FILE =
  process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

const MIN_TTL_MS = 30_000;
const MAX_TTL_MS = 600_000;
const NOT_FOUND_TTL_MS = 60_000;
const MAX_NAMES = 50_000;
/** More would not be reached within the time that one connection has. */
const MAX_ADDRESSES = 4;

/** c-ares doubles its patience with the second try: 1/4 + 2/4 of the time, and a rest for the connection. */
const TRIES = 2;
const FIRST_TRY_SHARE = 4;

/** c-ares's words for a name that does not exist, cannot exist, or has no address. */
const NOT_FOUND_CODES: ReadonlySet<string | undefined> = new Set([
  'ENOTFOUND',
  'ENODATA',
  'EBADNAME',
  'ENONAME',
]);

/**
 * Resolves names with c-ares, which asks many at once (getaddrinfo shares libuv's four threads), and remembers the
 * answers for their TTL in a bounded map. The hosts file goes before, as everywhere on the machine.
 */
export class CachingResolver implements NameResolver {
  readonly #options: ResolverOptions;
  #resolver: Resolver;
  readonly #hosts: ReadonlyMap<string, readonly string[]>;
  readonly #answers = new Map<string, Answer>();
  readonly #families: readonly (4 | 6)[] = machineFamilies();
  readonly #maxNames: number;
  readonly #nowMs: () => number;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#resolver = makeResolver(options);
    this.#hosts = readHostsFile(options.hostsFile);
    this.#maxNames = options.maxNames ?? MAX_NAMES;
    this.#nowMs = options.nowMs ?? performance.now.bind(performance);
  }

  resolve(name: string): Promise<readonly string[]> {
    const plainName = name.toLowerCase().replace(/\.$/, '');
    const fixed = this.#hosts.get(plainName) ?? loopbackOf(plainName);
    if (fixed) return Promise.resolve(fixed);
    const known = this.#answers.get(plainName);
    if (known && known.expiresAtMs > this.#nowMs()) return known.addresses;
    return this.#ask(plainName);
  }

  async zoneExists(zone: string): Promise<boolean> {
    try {
      await this.#resolver.resolveSoa(zone);
      return true;
    } catch (thrown) {
      return codeOf(thrown) === 'ENODATA';
    }
  }

  forgetMissing(): void {
    for (const [name, { isMissing }] of this.#answers) if (isMissing) this.#answers.delete(name);
    // Queries under way keep the resolver that they were begun with.
    this.#resolver = makeResolver(this.#options);
  }

  close(): void {
    this.#resolver.cancel();
  }

  /** Asks, and keeps the pending answer too, so that a name is asked for once however many wait for it. */
  #ask(name: string): Promise<readonly string[]> {
    this.#answers.delete(name);
    if (this.#answers.size >= this.#maxNames) this.#forgetOldest();
    const answer: Answer = {
      addresses: this.#query(name, () => answer),
      expiresAtMs: Number.POSITIVE_INFINITY,
      isMissing: false,
    };
    this.#answers.set(name, answer);
    return answer.addresses;
  }

  async #query(name: string, self: () => Answer): Promise<readonly string[]> {
    try {
      const records = await this.#records(name);
      self().expiresAtMs = this.#nowMs() + ttlMs(records);
      return records.slice(0, MAX_ADDRESSES).map(({ address }) => address);
    } catch (thrown) {
      const notFound = NOT_FOUND_CODES.has(codeOf(thrown));
      self().isMissing = notFound;
      self().expiresAtMs = notFound ? this.#nowMs() + NOT_FOUND_TTL_MS : 0;
      throw new NameError(notFound ? 'not_found' : 'failed', thrown);
    }
  }

  /** The machine's first family is asked; the other only for a name that exists without an address in the first. */
  async #records(name: string): Promise<{ address: string; ttl: number }[]> {
    const [first, second] = this.#families;
    try {
      return await this.#recordsOf(name, first!);
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENODATA') throw thrown;
      return this.#recordsOf(name, second!);
    }
  }

  #recordsOf(name: string, family: 4 | 6): Promise<{ address: string; ttl: number }[]> {
    return family === 4
      ? this.#resolver.resolve4(name, { ttl: true })
      : this.#resolver.resolve6(name, { ttl: true });
  }

  #forgetOldest(): void {
    for (const oldest of this.#answers.keys()) {
      this.#answers.delete(oldest);
      return;
    }
  }
}

function makeResolver({ timeoutMs, servers }: ResolverOptions): Resolver {
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / FIRST_TRY_SHARE), tries: TRIES });
  if (servers) resolver.setServers(servers);
  return resolver;
}

/** RFC 6761, section 6.3: localhost and the names under it are loopback, whatever a name server says. */
function loopbackOf(name: string): readonly string[] | undefined {
  return name === 'localhost' || name.endsWith('.localhost') ? ['127.0.0.1', '::1'] : undefined;
}

function ttlMs(records: readonly { ttl: number }[]): number {
  const leastMs = 1000 * Math.min(...records.map(({ ttl }) => ttl));
  return Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, leastMs));
}

/** IPv4 first, unless the machine has IPv6 alone. */
function machineFamilies(): readonly (4 | 6)[] {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal);
  const onlyV6 = outside.length > 0 && outside.every(({ address }) => isIP(address) === 6);
  return onlyV6 ? [6, 4] : [4, 6];
}

/** Lower-case name -> addresses, in the file's order. A machine without the file has no such names. */
function readHostsFile(path: string = SYSTEM_HOSTS_FILE): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of readLines(path)) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!address || isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      hosts.set(key, [...(hosts.get(key) ?? []), address]);
    }
  }
  return hosts;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
