import { AddressRefusedError, type AddressRule, isAddressLiteral } from './addresses.ts';
import { MAX_KNOWN_ADDRESSES, NameError, type NameResolver } from './resolver.ts';

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

  /** The allowed addresses of a host, at least one: they alone are connected to. @throws AddressRefusedError, NameError */
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
    // Of more addresses than are known the proxy may take another one.
    const isWhole = addresses.length < MAX_KNOWN_ADDRESSES;
    if (!isWhole || !addresses.every(this.#isAllowed)) throw new AddressRefusedError();
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
