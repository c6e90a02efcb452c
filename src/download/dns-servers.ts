import { isIP } from 'node:net';
import { BowerbirdError } from '../base/errors.ts';
import type { DnsServer } from './dns-link.ts';

const DNS_PORT = 53;

/**
 * Reads `1.2.3.4`, `1.2.3.4:5353`, `2606:4700::1111` or `[2606:4700::1111]:5353`; undefined where it is none of these.
 * Names are not taken: who would say where they are?
 */
export function parseDnsServer(text: string): DnsServer | undefined {
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT };
  const [, bracketed, plain, port = String(DNS_PORT)] =
    /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  const isRight = bracketed === undefined ? isIP(address) === 4 : isIP(address) === 6;
  const number = Number(port);
  return isRight && number >= 1 && number <= 65_535 ? { address, port: number } : undefined;
}

/** @throws BowerbirdError BB_USAGE for what is no address of a name server */
export function requireDnsServer(text: string): void {
  if (parseDnsServer(text)) return;
  throw new BowerbirdError(
    'BB_USAGE',
    `The name server "${text}" is no address: write 9.9.9.9, 9.9.9.9:5353, 2620:fe::fe or [2620:fe::fe]:5353`,
    { fields: { option: 'nameServers', value: text } },
  );
}
