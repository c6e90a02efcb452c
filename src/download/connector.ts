import type { buildConnector } from 'undici';
import { type Network, targetOf } from './network.ts';
import { sparingConnector } from './sparing-connector.ts';
import { tunnelConnector } from './tunnel-connector.ts';

/** Every connection to a host passes here, the first one and each redirect's, straight or through a proxy's tunnel. */
export function guardedConnector(network: Network): buildConnector.connector {
  const { proxies } = network;
  const straight = sparingConnector(network);
  if (!proxies.hasProxies) return straight;
  const tunnelled = tunnelConnector(network);
  return (options, callback) => {
    const proxy = proxies.proxyFor(targetOf(options));
    if (proxy) tunnelled(proxy, options, callback);
    else straight(options, callback);
  };
}
