import type { buildConnector } from 'undici';
import { MAX_ADDRESSES } from './address-race.ts';
import { AddressGivenUpError, endpointOf } from './address-watch.ts';
import { watchKept } from './kept-connections.ts';
import { type Network, targetOf } from './network.ts';
import { type Connect, straightConnector } from './straight-connector.ts';

/** Connects to hosts, but for those of which all addresses are given up, and tells where connections led. */
export function sparingConnector(network: Network): Connect {
  const { guard, addresses } = network;
  const connect = straightConnector(network, async (options) => {
    const all = await guard.addressesOf(options.hostname);
    const { port } = targetOf(options);
    const endpoints = all.slice(0, MAX_ADDRESSES).map((address) => endpointOf(address, port));
    if (!addresses.mayConnect(originOf(options), endpoints)) throw new AddressGivenUpError();
    return all;
  });
  return (options, callback) =>
    connect(options, (...answer) => {
      const { remoteAddress, remotePort } = answer[1] ?? {};
      if (remoteAddress !== undefined && remotePort !== undefined)
        addresses.connected(originOf(options), endpointOf(remoteAddress, remotePort));
      if (answer[1]) watchKept(answer[1]);
      callback(...answer);
    });
}

/** As `URL.origin` has it. */
function originOf({ protocol, host, hostname }: buildConnector.Options): string {
  return `${protocol}//${host ?? hostname}`;
}
