import type { Socket } from 'node:net';
import { SocksClient } from 'socks';
import { messageOf } from '../base/errors.ts';
import { HeadMender, type MendedHead } from './head-mender.ts';
import { ProxyError, type ProxyServer, type ProxyTarget } from './proxies.ts';

/** Where a tunnel ends: an address, or a name that the proxy looks up. */
export type TunnelEnd = Pick<ProxyTarget, 'hostname' | 'port'>;

/** SOCKS has a limit of its own; ours comes long before. */
const NO_LIMIT_MS = 3_600_000;

/** Has a proxy connect a socket to a host. The socket is given up by destroying it. @throws ProxyError */
export function openTunnel(proxy: ProxyServer, socket: Socket, end: TunnelEnd): Promise<Socket> {
  return proxy.kind === 'socks4' || proxy.kind === 'socks5'
    ? socksTunnel(proxy, socket, end)
    : connectTunnel(proxy, socket, end);
}

/**
 * Whether a tunnel that does not open may wait for the host. A SOCKS 5 proxy has answered the greeting by then, and where it wants one the
 * password, with two bytes each; SOCKS 4 has no greeting (RFC 1928, sections 3 and 4; RFC 1929). Whoever has said less, or begun an answer and
 * not ended it, is no such proxy. What an HTTP proxy does meanwhile is not seen.
 */
export function mayWaitForHost({ kind, credentials }: ProxyServer, { bytesRead }: Socket): boolean {
  if (kind === 'socks4') return bytesRead === 0;
  if (kind === 'socks5') return bytesRead === 2 || (credentials !== undefined && bytesRead === 4);
  return true;
}

/** What an HTTP proxy wants to know who is there by. */
export function proxyAuthorization({ credentials }: ProxyServer): Record<string, string> {
  if (!credentials) return {};
  const pair = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
  return { 'proxy-authorization': `Basic ${pair}` };
}

/** RFC 9110, 9.3.6. What the answer says of a body does not count. */
async function connectTunnel(
  proxy: ProxyServer,
  socket: Socket,
  { hostname, port }: TunnelEnd,
): Promise<Socket> {
  const authority = `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
  const fields = Object.entries({ host: authority, ...proxyAuthorization(proxy) });
  socket.write(
    `CONNECT ${authority} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
  const { status, rest } = await headOf(socket);
  if (status > 299) {
    socket.destroy();
    throw refusal(status);
  }
  if (rest.length > 0) socket.unshift(rest);
  return socket;
}

/** The answer of a proxy, read as leniently as those of hosts: undici's parser and Node's take an interim answer for it. */
function headOf(socket: Socket): Promise<MendedHead> {
  return new Promise((resolve, reject) => {
    const mender = new HeadMender();
    const settle = (outcome: () => void): void => {
      socket.off('data', take).off('error', hungUp).off('close', hungUp).pause();
      outcome();
    };
    const failed = (message: string, cause: unknown): void =>
      settle(() => reject(new ProxyError('proxy_failed', message, cause)));
    const hungUp = (cause: unknown): void => failed('The proxy hung up', cause);
    const take = (chunk: Buffer): void => {
      try {
        const head = mender.take(chunk);
        if (head) settle(() => resolve(head));
      } catch (thrown) {
        socket.destroy();
        failed('The answer of the proxy is not valid HTTP', thrown);
      }
    };
    socket.on('data', take).once('error', hungUp).once('close', hungUp);
  });
}

/** 502 to 504 are about the host behind the proxy; everything else is about us and the proxy. */
function refusal(status: number): ProxyError {
  if (status === 504) return new ProxyError('connect_timeout', 'timed out: no connection from the proxy');
  if (status === 502 || status === 503) {
    return new ProxyError('connect_failed', 'The proxy could not connect to the host');
  }
  return new ProxyError('proxy_failed', `The proxy refused with status ${status}`);
}

async function socksTunnel(proxy: ProxyServer, socket: Socket, end: TunnelEnd): Promise<Socket> {
  const { hostname: host, port, credentials } = proxy;
  const type = proxy.kind === 'socks4' ? 4 : 5;
  const login = credentials && { userId: credentials.user, password: credentials.password };
  try {
    await SocksClient.createConnection({
      proxy: { host, port, type, ...login },
      command: 'connect',
      destination: { host: end.hostname, port: end.port },
      timeout: NO_LIMIT_MS,
      existing_socket: socket,
    });
    return socket;
  } catch (thrown) {
    socket.destroy();
    throw socksRefusal(thrown);
  }
}

/**
 * RFC 1928, section 6, and SOCKS 4's one word, as the package words them. Its error is not passed on: it holds the
 * password.
 */
const SOCKS_REFUSALS: readonly (readonly [RegExp, ProxyError['reason'], string])[] = [
  [/ConnectionRefused$/, 'connect_refused', 'Connection refused'],
  [/TTLExpired$/, 'connect_timeout', 'timed out: no connection from the proxy'],
  [/(Unreachable|Failure|\(Failed\))$/, 'connect_failed', 'The proxy could not connect to the host'],
];

function socksRefusal(thrown: unknown): ProxyError {
  const words = messageOf(thrown);
  const [, reason, message] = SOCKS_REFUSALS.find(([pattern]) => pattern.test(words)) ?? [];
  return new ProxyError(reason ?? 'proxy_failed', message ?? 'The SOCKS proxy refused');
}
