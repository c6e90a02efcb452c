import { NameError, type NameResolver } from './resolver.ts';

/** So many names in a row to which no name server said anything: then it is asked whether any is there. */
const SILENT_NAMES = 3;

/** For so long names are left to the proxy unasked. */
const PAUSE_MS = 60_000;

/**
 * Looks up names that a proxy looks up itself, as far as this machine can. Where only the proxy has a way out, there may
 * be no name server at all: then names are not waited for one by one. Whoever writes a list must not bring that about by
 * names that fail, so that any word of a name server counts against it, and it is asked for one.
 */
export class ProxiedNames {
  readonly #resolver: NameResolver;
  readonly #nowMs: () => number;
  readonly #silentNames = new Set<string>();
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #pausedUntilMs = 0;

  constructor(resolver: NameResolver, nowMs: () => number) {
    this.#resolver = resolver;
    this.#nowMs = nowMs;
  }

  /** None where this machine does not know. */
  async addressesIfKnown(name: string): Promise<readonly string[]> {
    if (this.#pausedUntilMs > this.#nowMs()) return noneWhereFailed(this.#resolver.known(name));
    try {
      const addresses = await this.#resolver.resolve(name);
      this.#heard();
      return addresses;
    } catch (thrown) {
      if (!(thrown instanceof NameError)) throw thrown;
      if (thrown.servers === 'answered') this.#heard();
      if (thrown.servers === 'silent') await this.#silent(name);
      return [];
    }
  }

  #heard(): void {
    this.#heardAtMs = this.#nowMs();
    this.#pausedUntilMs = 0;
    this.#silentNames.clear();
  }

  get #wasHeardLately(): boolean {
    return this.#nowMs() - this.#heardAtMs < PAUSE_MS;
  }

  async #silent(name: string): Promise<void> {
    this.#silentNames.add(name);
    if (this.#silentNames.size < SILENT_NAMES || this.#wasHeardLately) return;
    this.#silentNames.clear();
    if (await this.#resolver.isAnswered()) this.#heard();
    else if (!this.#wasHeardLately) this.#pausedUntilMs = this.#nowMs() + PAUSE_MS;
  }
}

async function noneWhereFailed(
  addresses: Promise<readonly string[]> | undefined,
): Promise<readonly string[]> {
  try {
    return (await addresses) ?? [];
  } catch (thrown) {
    if (!(thrown instanceof NameError)) throw thrown;
    return [];
  }
}
