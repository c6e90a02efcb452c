import { isIP } from 'node:net';
import type { buildConnector } from 'undici';
import { codeOf } from '../base/errors.ts';
import type { GiveUp } from './deadline.ts';
import type { Network } from './network.ts';
import { ProxyError, type ProxyServer } from './proxies.ts';
import { straightConnector } from './straight-connector.ts';
import { systemLookup } from './system-lookup.ts';

/** Connects to a proxy, and calls back once with the socket or a ProxyError, unless it is given up before. */
export type ConnectToProxy = (proxy: ProxyServer, callback: buildConnector.Callback) => GiveUp;

/** Codes of OpenSSL and Node for a certificate that is not believed: CERT_HAS_EXPIRED, ERR_TLS_CERT_ALTNAME_INVALID. */
const CERTIFICATE_CODE =
  /^(ERR_TLS_CERT_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_)/;

/**
 * Where the proxy is, the operator has said: the guard is for what strangers say. An https proxy is believed by its own
 * name alone, whatever is asked of it.
 */
export function proxyConnector(network: Network): ConnectToProxy {
  const connect = straightConnector(
    network,
    systemLookup(() => network.clock.nowMs()),
  );
  return (proxy, callback) =>
    connect(optionsOf(proxy), (error, socket) =>
      error ? callback(unreachable(error), null) : callback(null, socket),
    );
}

function optionsOf({ kind, hostname, port }: ProxyServer): buildConnector.Options {
  const protocol = kind === 'https' ? 'https:' : 'http:';
  // An address is no server name (RFC 6066, section 3); the certificate is checked against it all the same.
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  return { protocol, hostname, host: hostname, port: String(port), ...servername };
}

/** A proxy that cannot be spoken to, and why, in words without anything of the proxy's own. */
export function unreachable(cause: unknown): ProxyError {
  const code = codeOf(cause) ?? '';
  const message = CERTIFICATE_CODE.test(code)
    ? `The proxy's certificate is not believed (${code})`
    : 'The proxy cannot be reached';
  return new ProxyError('proxy_failed', message, cause);
}
