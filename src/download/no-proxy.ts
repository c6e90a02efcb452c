import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

interface Entry {
  /** An address in its one form, or a name as URLs have it. */
  readonly host: string;
  readonly port: number | undefined;
}

/**
 * The hosts of no_proxy: names with all names below them (`example.com`, `.example.com` and `*.example.com` are the
 * same), addresses, ranges (`10.0.0.0/8`), each but ranges with a port or without, and `*` for all. Names are not looked up.
 */
export class NoProxy {
  readonly #entries: Entry[] = [];
  readonly #ranges: [Address, number][] = [];
  readonly #coversAll: boolean;
  /** What is none of these, and covers nothing. */
  readonly unfit: readonly string[];

  constructor(text: string) {
    const parts = text.split(/[\s,]+/).filter((part) => part !== '');
    this.#coversAll = parts.includes('*');
    this.unfit = parts.filter((part) => part !== '*' && !this.#take(part));
  }

  /** @param hostname without the brackets of an IPv6 address */
  covers(hostname: string, port: number): boolean {
    if (this.#coversAll) return true;
    const address = isIP(hostname) === 0 ? undefined : ipaddr.process(hostname);
    const host = address?.toString() ?? hostname.toLowerCase().replace(/\.$/, '');
    const isCovered = this.#entries.some(
      (entry) =>
        (entry.port === undefined || entry.port === port) &&
        (host === entry.host || (!address && host.endsWith(`.${entry.host}`))),
    );
    return isCovered || (address !== undefined && this.#isInRange(address));
  }

  #isInRange(address: Address): boolean {
    return this.#ranges.some(
      ([range, bits]) => range.kind() === address.kind() && address.match(range, bits),
    );
  }

  /** Whether it is anything that can cover a host. */
  #take(part: string): boolean {
    if (ipaddr.isValidCIDR(part)) {
      this.#ranges.push(ipaddr.parseCIDR(part));
      return true;
    }
    const entry = entryOf(part);
    if (entry) this.#entries.push(entry);
    return entry !== undefined;
  }
}

/** Labels, an IPv4 address or a bracketed one, and a port. An IPv6 address without brackets is one, too. */
const ENTRY = /^(?:(?:\*?\.)?([^\s:/*@[\]]+)|\[([\da-f:.]+)\])(?::(\d+))?$/i;

function entryOf(text: string): Entry | undefined {
  const [, name, bracketed = isIP(text) === 6 ? text : undefined, port] = ENTRY.exec(text) ?? [];
  const host = bracketed ? addressOf(bracketed) : name && (addressOf(name) ?? nameOf(name));
  return host ? { host, port: port === undefined ? undefined : Number(port) } : undefined;
}

function addressOf(text: string): string | undefined {
  return isIP(text) === 0 ? undefined : ipaddr.process(text).toString();
}

/** As URLs have it. A name whose last label is a number is none: URLs take that for an address. */
function nameOf(text: string): string | undefined {
  const name = domainToASCII(text.replace(/\.$/, ''));
  return name === '' || isIP(name) !== 0 ? undefined : name;
}
