import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

interface Entry {
  readonly host: string;
  readonly port: number | undefined;
}

/**
 * The hosts of no_proxy: names with all names below them (`example.com`, `.example.com` and `*.example.com` are the
 * same), addresses, ranges (`10.0.0.0/8`), each with a port or without, and `*` for all. Names are not looked up.
 */
export class NoProxy {
  readonly #entries: readonly Entry[];
  readonly #ranges: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];
  readonly #coversAll: boolean;
  /** What is none of these, and covers nothing. */
  readonly unfit: readonly string[];

  constructor(text: string) {
    const parts = text.split(/[\s,]+/).filter((part) => part !== '');
    this.#coversAll = parts.includes('*');
    this.#ranges = parts.filter((part) => ipaddr.isValidCIDR(part)).map((part) => ipaddr.parseCIDR(part));
    this.#entries = parts.map(parseEntry);
    this.unfit = parts.filter((part) => part !== '*' && !ipaddr.isValidCIDR(part) && !isFit(part));
  }

  /** @param hostname without the brackets of an IPv6 address */
  covers(hostname: string, port: number): boolean {
    if (this.#coversAll) return true;
    const host = hostname.toLowerCase().replace(/\.$/, '');
    const isCovered = this.#entries.some(
      (entry) =>
        (entry.port === undefined || entry.port === port) &&
        (host === entry.host || host.endsWith(`.${entry.host}`)),
    );
    return isCovered || this.#isInRange(host);
  }

  #isInRange(host: string): boolean {
    if (this.#ranges.length === 0 || isIP(host) === 0) return false;
    const address = ipaddr.process(host);
    return this.#ranges.some(
      ([range, bits]) => range.kind() === address.kind() && address.match(range, bits),
    );
  }
}

/** Labels, an IPv4 address or a bracketed one, and a port. An IPv6 address without brackets is one, too. */
function isFit(text: string): boolean {
  return /^(?:(?:\*?\.)?[^\s:/*@[\]]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(text) || isIP(text) === 6;
}

function parseEntry(text: string): Entry {
  const [, bracketed, plain = text, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = (bracketed ?? plain)
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  return { host, port: port === undefined ? undefined : Number(port) };
}
