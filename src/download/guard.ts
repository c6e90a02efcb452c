import type { LookupFunction } from 'node:net';
import { AddressRefusedError, type AddressRule, isAddressLiteral } from './addresses.ts';
import { NameError, type NameResolver } from './resolver.ts';

/**
 * Names that only the own network knows: those without a dot, and those that are kept for it (RFC 6761, RFC 6762,
 * RFC 8375, and `internal`, which ICANN has set aside in 2024).
 */
const INSIDE_NAME = /^[^.]+\.?$|\.(local|localhost|internal|intranet|lan|home|corp|home\.arpa)\.?$/i;

/** With so many names in a row that the name servers could say nothing of, none is asked for during a minute. */
const FAILURES_OF_NO_SERVICE = 3;
const NO_SERVICE_MS = 60_000;

/** Decides what may be connected to: every connection passes here, a row's first one and each redirect's. */
export class Guard {
  readonly #resolver: NameResolver;
  readonly #isAllowed: AddressRule;
  readonly #nowMs: () => number;
  #failures = 0;
  #noServiceUntilMs = 0;

  constructor(resolver: NameResolver, isAllowed: AddressRule, nowMs: () => number) {
    this.#resolver = resolver;
    this.#isAllowed = isAllowed;
    this.#nowMs = nowMs;
  }

  /** Whether a URL's host is an address, written out, that may not be connected to. No name is looked up for those. */
  refuses(hostname: string): boolean {
    return isAddressLiteral(hostname) && !this.#isAllowed(hostname);
  }

  /** A `lookup` for net.connect that hands out allowed addresses only: what was checked is what is connected to. */
  readonly lookup: LookupFunction = (name, options, callback) => {
    this.addressesOf(name).then(
      (addresses) => {
        const [first, ...others] = addresses.map((address) => ({ address, family: familyOf(address) }));
        if (options.all) callback(null, [first!, ...others]);
        else callback(null, first!.address, first!.family);
      },
      (error: Error) => callback(error, ''),
    );
  };

  /** The allowed addresses of a host, at least one. @throws AddressRefusedError, NameError */
  async addressesOf(hostname: string): Promise<readonly string[]> {
    const all = isAddressLiteral(hostname) ? [hostname] : await this.#resolver.resolve(hostname);
    const allowed = all.filter(this.#isAllowed);
    if (allowed.length === 0) throw new AddressRefusedError();
    return allowed;
  }

  /**
   * Checks a host that a proxy will look up and connect to. What this machine cannot look up is left to the proxy,
   * unless its name is one of an own network.
   *
   * @throws AddressRefusedError where any of its addresses is not allowed: the proxy may take that one
   */
  async checkForProxy(hostname: string): Promise<void> {
    const addresses = isAddressLiteral(hostname) ? [hostname] : await this.#addressesIfKnown(hostname);
    if (!addresses.every(this.#isAllowed)) throw new AddressRefusedError();
    const isUnknown = addresses.length === 0;
    if (isUnknown && INSIDE_NAME.test(hostname) && !this.#isAllowed('127.0.0.1')) {
      throw new AddressRefusedError();
    }
  }

  async #addressesIfKnown(name: string): Promise<readonly string[]> {
    if (this.#noServiceUntilMs > this.#nowMs()) return [];
    try {
      const addresses = await this.#resolver.resolve(name);
      this.#failures = 0;
      return addresses;
    } catch (thrown) {
      if (!(thrown instanceof NameError)) throw thrown;
      // Where only the proxy has a way out, name servers know nothing, or are not there at all.
      this.#failures = thrown.kind === 'failed' ? this.#failures + 1 : 0;
      if (this.#failures >= FAILURES_OF_NO_SERVICE) this.#noServiceUntilMs = this.#nowMs() + NO_SERVICE_MS;
      return [];
    }
  }
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}
