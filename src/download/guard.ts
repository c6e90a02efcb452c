import { RecentMap } from '../base/recent-map.ts';
import { AddressRefusedError, type AddressRule, isAddressLiteral } from './addresses.ts';
import { ProxiedNames } from './proxied-names.ts';
import { MAX_KNOWN_ADDRESSES, type NameResolver } from './resolver.ts';

/**
 * Names that only the own network knows: those without a dot, and those that are kept for it (RFC 6761, RFC 6762,
 * RFC 8375, and `internal`, which ICANN has set aside in 2024).
 */
const INSIDE_NAME = /^[^.]+\.?$|\.(local|localhost|internal|intranet|lan|home|corp|home\.arpa)\.?$/i;

/** Names that are remembered as refused; the oldest are forgotten first. */
const MAX_REFUSED_NAMES = 50_000;

/** Decides what may be connected to: every connection passes here, a row's first one and each redirect's. */
export class Guard {
  readonly #resolver: NameResolver;
  readonly #isAllowed: AddressRule;
  readonly #proxiedNames: ProxiedNames;
  readonly #refused = new RecentMap<string, true>(MAX_REFUSED_NAMES);

  constructor(resolver: NameResolver, isAllowed: AddressRule, nowMs: () => number) {
    this.#resolver = resolver;
    this.#isAllowed = isAllowed;
    this.#proxiedNames = new ProxiedNames(resolver, nowMs);
  }

  /** The allowed addresses of a host, at least one: they alone are connected to. @throws AddressRefusedError, NameError */
  async addressesOf(hostname: string): Promise<readonly string[]> {
    const all = isAddressLiteral(hostname) ? [hostname] : await this.#resolver.resolve(hostname);
    const allowed = all.filter(this.#isAllowed);
    if (allowed.length === 0) throw new AddressRefusedError();
    return allowed;
  }

  /**
   * Checks a host that a proxy will look up and connect to. What this machine cannot look up is left to the proxy,
   * unless its name is one of an own network, or was refused when it last could be looked up.
   *
   * @throws AddressRefusedError where any of its addresses is not allowed: the proxy may take that one
   */
  async checkForProxy(hostname: string): Promise<void> {
    if (isAddressLiteral(hostname)) {
      if (!this.#isAllowed(hostname)) throw new AddressRefusedError();
      return;
    }
    const name = hostname.toLowerCase().replace(/\.$/, '');
    const addresses = await this.#proxiedNames.addressesIfKnown(name);
    if (addresses.length > 0) this.#judge(name, addresses);
    const isInside = INSIDE_NAME.test(name) && !this.#isAllowed('127.0.0.1');
    if (this.#refused.has(name) || (addresses.length === 0 && isInside)) throw new AddressRefusedError();
  }

  #judge(name: string, addresses: readonly string[]): void {
    // Of more addresses than are known the proxy may take another one.
    const isWhole = addresses.length < MAX_KNOWN_ADDRESSES;
    if (isWhole && addresses.every(this.#isAllowed)) this.#refused.delete(name);
    else this.#refused.set(name, true);
  }
}
