import type { SampleFailure } from '../samples/reasons.ts';
import { isAddressLiteral, isPublicAddress } from './addresses.ts';
import { failed } from './failures.ts';
import { targetOf } from './targets.ts';

/** RFC 6761, 6.3: such names are always this machine. */
const OWN_NAME = /(^|\.)localhost\.?$/i;

/**
 * Whether a download would ask for a URL, as far as its text tells: its scheme, credentials in it, and a host that is an address
 * or this machine's own name. Names are not looked up: the guard does that when it connects.
 *
 * @param allowPrivateAddresses as the download is told
 * @returns why it would not; undefined where it would
 */
export function urlRefusal(text: string, allowPrivateAddresses: boolean): SampleFailure | undefined {
  const target = targetOf(text);
  if (target.kind === 'failed') return target;
  const host = target.url.hostname.replace(/^\[|\]$/g, '');
  const isRefused = isAddressLiteral(host) ? !isPublicAddress(host) : OWN_NAME.test(host);
  return isRefused && !allowPrivateAddresses ? failed('address_refused') : undefined;
}
