import { Resolver } from 'node:dns';
import { networkInterfaces } from 'node:os';
import { type Clock, SYSTEM_CLOCK } from '../base/clock.ts';
import { RecentMap } from '../base/recent-map.ts';
import { DeadZones } from './dead-zones.ts';
import { askAlongAliases } from './dns-aliases.ts';
import { DnsClient } from './dns-client.ts';
import type { DnsServer } from './dns-link.ts';
import { afterAnAnswer, type DnsAnswer, type DnsQuestion, isAskable } from './dns-message.ts';
import { parseDnsServer } from './dns-servers.ts';
import { type Families, reachableFamilies } from './families.ts';
import { readHostsFile } from './hosts-file.ts';
import type { DownloadSettings } from './options.ts';

/** A name has no address, or its servers could not say. */
export class NameError extends Error {
  override readonly name = 'NameError';
  readonly kind: 'not_found' | 'failed';
  readonly servers: 'answered' | 'silent' | 'not_asked';

  /** @param servers whether any name server said anything, be it that it could not say */
  constructor(kind: NameError['kind'], why: string, servers: NameError['servers']) {
    super(`${kind === 'not_found' ? 'name not found' : 'name servers failed'}: ${why}`);
    this.kind = kind;
    this.servers = servers;
  }
}

/** The addresses of a name, in the order to try them. */
export interface NameResolver {
  /** At least one, and at most MAX_KNOWN_ADDRESSES. @throws NameError */
  resolve(name: string): Promise<readonly string[]>;
  /** What is known of a name without asking for it, undefined where that is nothing. @throws NameError */
  known(name: string): Promise<readonly string[]> | undefined;
  /** Whether name servers answer a question at all, be it that they cannot say. */
  isAnswered(): Promise<boolean>;
  /** Whether the name servers know a zone, such as `com`, whatever it holds. */
  zoneExists(zone: string): Promise<boolean>;
  /** Has names asked for anew that were not found, of the name servers that the system has by now. */
  forgetMissing(): void;
  /** Gives up what is being asked. */
  close(): void;
}

export interface ResolverOptions {
  /** What one connection may take: three quarters of it are for its name, over all servers and tries. */
  readonly timeoutMs: number;
  /** `address` or `address:port`, asked in turn when one fails; the system's where not given. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  readonly maxNames?: number;
  readonly maxInFlight?: number;
  readonly families?: Families;
  readonly clock?: Clock;
}

type FoundAnswer = DnsAnswer & { readonly kind: 'found' };

interface Known {
  addresses: Promise<readonly string[]>;
  expiresAtMs: number;
  /** Times in a row that the name servers could not say. */
  failures: number;
  isMissing: boolean;
}

const NAME_SHARE = 0.75;
const MIN_TTL_MS = 30_000;
const MAX_TTL_MS = 600_000;
/** Of a name that is not there, where the name server gives no time. */
const MISSING_TTL_MS = 60_000;
/** RFC 9520, 3.2: failures are remembered for at least a second, longer each time, and for at most five minutes. */
const FIRST_FAILURE_TTL_MS = 1_000;
const MAX_FAILURE_TTL_MS = 60_000;
const MAX_NAMES = 50_000;
const MAX_IN_FLIGHT = 256;
/** Of one name; whoever has to know all of them takes so many for more. */
export const MAX_KNOWN_ADDRESSES = 64;
/** RFC 8305, 3: with an address of one family at hand, the other is waited for no longer. */
const SECOND_FAMILY_MS = 50;

/**
 * Resolves names without libuv's four threads, which getaddrinfo would share with files, and remembers what name
 * servers say in a bounded map: addresses and missing names for their time, failures for a short one. The hosts file
 * goes before, as everywhere on the machine.
 */
export class CachingResolver implements NameResolver {
  readonly #options: ResolverOptions;
  readonly #clock: Clock;
  readonly #families: Families;
  readonly #hosts: ReadonlyMap<string, readonly string[]>;
  readonly #known: RecentMap<string, Known>;
  readonly #deadZones: DeadZones;
  /** Made with the first question. */
  #client: DnsClient | undefined;
  readonly #clients = new Set<DnsClient>();

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#families = options.families ?? reachableFamilies(networkInterfaces());
    this.#known = new RecentMap(options.maxNames ?? MAX_NAMES);
    this.#hosts = readHostsFile(options.hostsFile);
    this.#deadZones = new DeadZones(() => this.#clock.nowMs());
  }

  resolve(name: string): Promise<readonly string[]> {
    const plainName = plain(name);
    const fixed = this.#fixed(plainName);
    if (fixed) return Promise.resolve(fixed);
    const known = this.#known.get(plainName);
    if (known && known.expiresAtMs > this.#clock.nowMs()) return known.addresses;
    if (!isAskable(plainName)) {
      return Promise.reject(new NameError('not_found', 'no such name can be', 'not_asked'));
    }
    if (!this.#deadZones.mayAsk(plainName)) {
      return Promise.reject(new NameError('failed', 'other names of its domain failed', 'not_asked'));
    }
    return this.#ask(plainName, known?.failures ?? 0);
  }

  known(name: string): Promise<readonly string[]> | undefined {
    const plainName = plain(name);
    const fixed = this.#fixed(plainName);
    if (fixed) return Promise.resolve(fixed);
    const known = this.#known.get(plainName);
    const isPending = known?.expiresAtMs === Number.POSITIVE_INFINITY;
    return known && !isPending && known.expiresAtMs > this.#clock.nowMs() ? known.addresses : undefined;
  }

  async isAnswered(): Promise<boolean> {
    const answer = await this.#askFor({ name: 'com', type: 'SOA' });
    return answer.kind !== 'failed' || !answer.isSilent;
  }

  async zoneExists(zone: string): Promise<boolean> {
    const answer = await this.#askFor({ name: zone.toLowerCase(), type: 'SOA' });
    return answer.kind === 'missing' && answer.nameExists;
  }

  forgetMissing(): void {
    for (const [name, { isMissing, failures }] of this.#known) {
      if (isMissing || failures > 0) this.#known.delete(name);
    }
    this.#deadZones.forget();
    // Questions under way keep the name servers that they were begun with.
    const retired = this.#client;
    this.#client = undefined;
    retired?.retire(() => this.#clients.delete(retired));
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #fixed(plainName: string): readonly string[] | undefined {
    return this.#hosts.get(plainName) ?? loopbackOf(plainName);
  }

  /** Asks, and keeps the pending answer too, so that a name is asked for once however many wait for it. */
  #ask(name: string, failures: number): Promise<readonly string[]> {
    const known: Known = {
      addresses: this.#query(name, () => known),
      expiresAtMs: Number.POSITIVE_INFINITY,
      failures,
      isMissing: false,
    };
    this.#known.set(name, known);
    return known.addresses;
  }

  async #query(name: string, self: () => Known): Promise<readonly string[]> {
    const answer = await this.#askFamilies(name);
    const known = self();
    known.expiresAtMs = this.#clock.nowMs() + lifeMs(answer, known.failures);
    if (answer.kind === 'failed') {
      known.failures++;
      this.#deadZones.failed(name);
      throw new NameError('failed', answer.why, answer.isSilent ? 'silent' : 'answered');
    }
    known.failures = 0;
    this.#deadZones.answered(name);
    if (answer.kind === 'found') return addressesIn(answer);
    known.isMissing = true;
    const why = answer.nameExists ? 'it has no address' : 'there is no such name';
    throw new NameError('not_found', why, 'answered');
  }

  /**
   * Where the machine reaches one family, the other is asked only for a name that exists without an address in the
   * first: so that it is known to exist. Else both are asked at once.
   */
  async #askFamilies(name: string): Promise<DnsAnswer> {
    if (this.#families.length === 2) return this.#askBoth(name);
    const [family] = this.#families;
    const answer = await this.#askFor({ name, type: family });
    if (answer.kind !== 'missing' || !answer.nameExists) return answer;
    return afterAnAnswer(await this.#askFor({ name, type: family === 'A' ? 'AAAA' : 'A' }));
  }

  /** With an address of one family at hand, the other is not waited for for long; what it brings later is added. */
  async #askBoth(name: string): Promise<DnsAnswer> {
    const six = this.#askFor({ name, type: 'AAAA' });
    const four = this.#askFor({ name, type: 'A' });
    const early = await Promise.race([six, four]);
    const both = Promise.all([six, four]).then(([sixth, fourth]) => bothOf(sixth, fourth));
    // Some servers say of a name with an IPv4 address alone that it does not exist (RFC 4074, 4.2).
    if (early.kind !== 'found') return both;
    const known = this.#known.get(name);
    const inTime = await this.#shortly(both);
    if (inTime) return inTime;
    void both.then((answer) => {
      if (known && answer.kind === 'found') known.addresses = Promise.resolve(addressesIn(answer));
    });
    return early;
  }

  #shortly(answer: Promise<DnsAnswer>): Promise<DnsAnswer | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(SECOND_FAMILY_MS, () => resolve(undefined));
      void answer.then((value) => {
        cancel();
        resolve(value);
      });
    });
  }

  #askFor(question: DnsQuestion): Promise<DnsAnswer> {
    return askAlongAliases(
      {
        ask: (asked, timeoutMs) => this.#dns().ask(asked, timeoutMs),
        timeoutMs: NAME_SHARE * this.#options.timeoutMs,
        clock: this.#clock,
      },
      question,
    );
  }

  #dns(): DnsClient {
    this.#client ??= this.#makeClient();
    return this.#client;
  }

  #makeClient(): DnsClient {
    const { servers, timeoutMs, maxInFlight = MAX_IN_FLIGHT } = this.#options;
    const client = new DnsClient({
      servers: (servers ?? systemServers()).map(parseDnsServer).filter(isServer),
      timeoutMs: NAME_SHARE * timeoutMs,
      maxInFlight,
      clock: this.#clock,
    });
    this.#clients.add(client);
    return client;
  }
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** RFC 6761, section 6.3: localhost and the names under it are loopback, whatever a name server says. */
function loopbackOf(name: string): readonly string[] | undefined {
  return name === 'localhost' || name.endsWith('.localhost') ? ['127.0.0.1', '::1'] : undefined;
}

/** For how long an answer is taken again. */
function lifeMs(answer: DnsAnswer, failures: number): number {
  if (answer.kind === 'failed') return Math.min(MAX_FAILURE_TTL_MS, FIRST_FAILURE_TTL_MS * 2 ** failures);
  if (answer.ttlS === undefined) return MISSING_TTL_MS;
  return Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, 1000 * answer.ttlS));
}

function addressesIn({ addresses }: FoundAnswer): readonly string[] {
  return addresses.slice(0, MAX_KNOWN_ADDRESSES);
}

/** Addresses of both families in turn (RFC 8305, 4), so that the few that are tried are of both. */
function bothOf(first: DnsAnswer, second: DnsAnswer): DnsAnswer {
  if (first.kind !== 'found') return second.kind === 'found' ? second : neitherOf(first, second);
  if (second.kind !== 'found') return first;
  const most = Math.max(first.addresses.length, second.addresses.length);
  const inTurn = Array.from({ length: most }, (_, i) => [first.addresses[i], second.addresses[i]]);
  const addresses = inTurn.flat().filter((address) => address !== undefined);
  return { kind: 'found', addresses, ttlS: Math.min(first.ttlS, second.ttlS) };
}

/** What two answers without an address say together: that the name is not there, that one is not known, or that it has none. */
function neitherOf(first: DnsAnswer, second: DnsAnswer): DnsAnswer {
  const isUnknownName = (answer: DnsAnswer): boolean => answer.kind === 'missing' && !answer.nameExists;
  const all = [first, second];
  const failures = all.filter((answer) => answer.kind === 'failed');
  const isSilent = failures.length === 2 && failures.every((failure) => failure.isSilent);
  return all.find(isUnknownName) ?? (failures[0] ? { ...failures[0], isSilent } : first);
}

function systemServers(): string[] {
  // A resolver reads the system's settings when it is made, the module's functions once.
  const servers = new Resolver().getServers();
  return servers.length > 0 ? servers : ['127.0.0.1'];
}

function isServer(server: DnsServer | undefined): server is DnsServer {
  return server !== undefined;
}

/** The resolver of a client's settings: by its own name servers where it has some, else by the system's. */
export function resolverOf({
  connectTimeoutMs,
  nameServers,
}: Pick<DownloadSettings, 'connectTimeoutMs' | 'nameServers'>): NameResolver {
  return new CachingResolver({
    timeoutMs: connectTimeoutMs,
    ...(nameServers.length > 0 && { servers: nameServers }),
  });
}
