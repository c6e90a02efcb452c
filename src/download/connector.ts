import type { buildConnector } from 'undici';
import { AddressRefusedError } from './addresses.ts';
import { limitedConnector } from './connect-limits.ts';
import { type Network, plainConnector, targetOf } from './network.ts';
import { tunnelConnector } from './tunnel-connector.ts';

/** Every connection to a host passes here, the first one and each redirect's, straight or through a proxy's tunnel. */
export function guardedConnector(network: Network): buildConnector.connector {
  const { guard, proxies, limits, clock } = network;
  const connector = plainConnector(network, guard.lookup);
  const straight = limitedConnector(connector, limits, clock);
  const tunnelled = tunnelConnector(network, connector);
  return (options, callback) => {
    // Node never calls `lookup` for an address that is written out.
    if (guard.refuses(options.hostname)) {
      queueMicrotask(() => callback(new AddressRefusedError(), null));
      return;
    }
    const proxy = proxies.hasProxies ? proxies.proxyFor(targetOf(options)) : undefined;
    if (proxy) tunnelled(proxy, options, callback);
    else straight(options, callback);
  };
}
