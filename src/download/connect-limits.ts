import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { Clock } from '../base/clock.ts';
import { LimitPassedError } from './deadline.ts';

/** How long a connection may take, in ms. */
export interface ConnectLimits {
  /** The name and the connection itself. */
  readonly connectTimeoutMs: number;
  /** The TLS handshake, once there is a connection. */
  readonly tlsTimeoutMs: number;
}

/** undici's own connector, which gives the socket at once and calls back when it can be used. */
type SocketConnector = (...args: Parameters<buildConnector.connector>) => Socket;

/** A connector that ends what takes too long with LimitPassedError, and says which of the two it was. */
export function limitedConnector(
  connect: buildConnector.connector,
  limits: ConnectLimits,
  clock: Clock,
): buildConnector.connector {
  return (options, callback) => {
    let cancel: () => void = () => undefined;
    const socket = (connect as SocketConnector)(options, (...answer) => {
      cancel();
      callback(...answer);
    });
    const limit = (name: 'connect' | 'tls', ms: number): void => {
      cancel();
      cancel = clock.after(ms, () => socket.destroy(new LimitPassedError(name)));
    };
    limit('connect', limits.connectTimeoutMs);
    if (options.protocol === 'https:') socket.once('connect', () => limit('tls', limits.tlsTimeoutMs));
  };
}
