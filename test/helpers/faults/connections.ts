import { createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import type { DownloadOptions } from '../../../src/download/options.ts';
import type { FailureReason } from '../../../src/samples/reasons.ts';
import { portOf } from '../raw-host.ts';
import { EXPIRED, SELF_SIGNED } from '../self-signed.ts';
import { startFullPort } from './full-port.ts';
import { PRIVATE_TARGETS } from './redirects.ts';

/** A place where no answer is to be had. */
export interface FaultyPlace {
  /** Goes on after "a row of ...". */
  readonly name: string;
  readonly ends: FailureReason | 'image';
  readonly message?: string;
  readonly url: (ports: Ports) => string;
  readonly options?: Partial<DownloadOptions>;
  /** The limit that ends the row: such spans of time are let pass. */
  readonly limitMs?: number;
  /** How long the resolver waits for its name server; long where not given. */
  readonly namesMs?: number;
}

/** Where the servers of these places listen. */
export type Ports = Readonly<Record<ServerName, number>>;
type ServerName = keyof typeof SERVERS | 'closed' | 'full' | 'image';

const NO_HANDSHAKE = {
  ends: 'connect_timeout',
  message: 'timed out: no TLS handshake',
  options: { tlsTimeoutMs: 200 },
  limitMs: 200,
} as const;

/** A fatal alert: handshake_failure (RFC 5246, 7.2). */
const ALERT = Buffer.from('15030300020228', 'hex');
/** A record that announces a ServerHello of 80 bytes, and two of them. */
const HALF_A_HELLO = Buffer.from('16030300500200', 'hex');

/** A record of data that was encrypted by nobody. */
const BROKEN_RECORD = Buffer.concat([Buffer.from('1703030040', 'hex'), Buffer.alloc(0x40, 7)]);

const SERVERS = {
  hangingUp: () => createServer((socket) => socket.destroy()),
  resetting: () => createServer((socket) => socket.resetAndDestroy()),
  silent: () => tcp(() => undefined),
  hangingUpOnTls: () => tcp((socket) => socket.once('data', () => socket.destroy())),
  resettingOnTls: () => tcp((socket) => socket.once('data', () => socket.resetAndDestroy())),
  plain: () => tcp((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
  random: () =>
    tcp((socket) => socket.once('data', () => socket.write('random bytes, as it were\r\n'.repeat(50)))),
  alerting: () => tcp((socket) => socket.once('data', () => socket.end(ALERT))),
  halting: () => tcp((socket) => socket.once('data', () => socket.write(HALF_A_HELLO))),
  breakingBody: () =>
    tcp((socket) => breakWithin(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun')),
  breakingHead: () => tcp((socket) => breakWithin(socket, 'HTTP/1.1 200 OK\r\n')),
  selfSigned: () => tls(SELF_SIGNED),
  expired: () => tls(EXPIRED),
  old: () => tls({ ...SELF_SIGNED, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
} as const;

const MISSING_NAMES: readonly (readonly [string, string])[] = [
  ['a name without an address', 'empty'],
  ['an alias of a name without an address', 'dangling'],
  ['an alias of a name that does not exist', 'danglingnx'],
];

const UNTOLD_NAMES: readonly (readonly [string, string])[] = [
  ['an alias of an alias of itself', 'loop'],
  ['an alias of itself', 'selfish'],
  ['a name whose server refuses to say', 'refused'],
];

const FOUND_NAMES: readonly (readonly [string, string])[] = [
  ['an alias of an alias of an address', 'chain'],
  ['a name of many addresses', 'many'],
  ['a name that fits no datagram', 'cut'],
  ['a name that is answered after garbage', 'garbage'],
  ["a name that is answered after another's answer", 'wrongid'],
  ['a name that is answered after that of another name', 'othername'],
];

/** Where the image is, at the port `image`. */
export const IMAGE_PATH = '/image';

/** Ports, TLS, names and addresses. The names are those of the name server of these tests. */
export const FAULTY_PLACES: readonly FaultyPlace[] = [
  { name: 'a closed port', ends: 'connect_refused', url: ({ closed }) => http(closed) },
  {
    name: 'a port that is full',
    ends: 'connect_timeout',
    message: 'timed out: no connection',
    url: ({ full }) => http(full),
    options: { connectTimeoutMs: 300 },
    limitMs: 300,
  },
  {
    name: 'a host that hangs up on everybody',
    ends: 'connect_failed',
    url: ({ hangingUp }) => http(hangingUp),
  },
  { name: 'a host that resets everybody', ends: 'connect_failed', url: ({ resetting }) => http(resetting) },
  { name: 'a silent host of https', url: ({ silent }) => https(silent), ...NO_HANDSHAKE },
  { name: 'a host that halts within its hello', url: ({ halting }) => https(halting), ...NO_HANDSHAKE },
  {
    name: 'a host that hangs up on TLS',
    ends: 'connect_failed',
    url: ({ hangingUpOnTls }) => https(hangingUpOnTls),
  },
  {
    name: 'a host that resets TLS',
    ends: 'connect_failed',
    url: ({ resettingOnTls }) => https(resettingOnTls),
  },
  { name: 'a host that speaks http for https', ends: 'tls_failed', url: ({ plain }) => https(plain) },
  { name: 'a host that speaks anything for https', ends: 'tls_failed', url: ({ random }) => https(random) },
  {
    name: 'a host that answers TLS with an alert',
    ends: 'tls_failed',
    url: ({ alerting }) => https(alerting),
  },
  { name: 'a host that vouches for itself', ends: 'tls_failed', url: ({ selfSigned }) => https(selfSigned) },
  { name: 'a host whose certificate has expired', ends: 'tls_failed', url: ({ expired }) => https(expired) },
  { name: 'a host of TLS 1.1 alone', ends: 'tls_failed', url: ({ old }) => https(old) },
  {
    name: 'a host whose TLS breaks within a body',
    ends: 'response_cut',
    url: ({ breakingBody }) => https(breakingBody),
    options: { tlsInsecure: true },
  },
  {
    name: 'a host whose TLS breaks within a head',
    ends: 'tls_failed',
    url: ({ breakingHead }) => https(breakingHead),
    options: { tlsInsecure: true },
  },
  { name: 'a name that does not exist', ends: 'dns_not_found', url: () => 'http://nx.test/' },
  { name: 'a name whose server is broken', ends: 'dns_failed', url: () => 'http://broken.test/' },
  {
    name: 'a name whose server is silent',
    ends: 'dns_failed',
    url: () => 'http://silent.test/',
    namesMs: 400,
  },
  ...MISSING_NAMES.map(
    ([name, host]): FaultyPlace => ({ name, ends: 'dns_not_found', url: () => `http://${host}.test/` }),
  ),
  ...UNTOLD_NAMES.map(
    ([name, host]): FaultyPlace => ({ name, ends: 'dns_failed', url: () => `http://${host}.test/` }),
  ),
  {
    name: 'a name whose server says garbage',
    ends: 'dns_failed',
    url: () => 'http://onlygarbage.test/',
    namesMs: 400,
  },
  ...FOUND_NAMES.map(
    ([name, host]): FaultyPlace => ({
      name,
      ends: 'image',
      url: ({ image }) => `http://${host}.test:${image}${IMAGE_PATH}`,
    }),
  ),
  {
    name: 'a name with an address of loopback alone',
    ends: 'address_refused',
    url: () => 'http://six.test/',
  },
  ...PRIVATE_TARGETS.map(
    ([name, url]): FaultyPlace => ({
      name: `the address of ${name}`,
      ends: 'address_refused',
      url: () => url,
    }),
  ),
];

/**
 * Starts the servers, and fills the port that is to be full.
 *
 * @param image the port of a host that has one
 */
export async function startPlaces(image: number): Promise<{ ports: Ports; close: () => Promise<void> }> {
  const servers = Object.entries(SERVERS).map(([name, make]) => [name, make()] as const);
  const closed = createServer();
  await Promise.all([closed, ...servers.map(([, server]) => server)].map(listening));
  const ports = Object.fromEntries(servers.map(([name, server]) => [name, portOf(server)]));
  const full = await startFullPort(['127.0.0.1']);
  const others = { image, full: full.port, closed: portOf(closed) };
  await new Promise((resolve) => closed.close(resolve));
  return {
    ports: { ...ports, ...others } as Ports,
    close: async () => {
      full.close();
      for (const [, server] of servers) server.close();
    },
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function tcp(onConnection: (socket: Socket) => void): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
}

function tls(options: TlsOptions): Server {
  return createTlsServer(options, (socket) => socket.on('error', () => undefined)).on(
    'tlsClientError',
    () => undefined,
  );
}

/** Speaks TLS, answers so, and then goes on beside it. */
function breakWithin(socket: Socket, text: string): void {
  const carrier = new Duplex({
    read: () => undefined,
    write: (chunk, _encoding, done) => socket.write(chunk, () => done()),
  });
  socket.on('data', (chunk) => carrier.push(chunk)).on('close', () => carrier.destroy());
  const secure = new TLSSocket(carrier, { isServer: true, ...SELF_SIGNED });
  secure.on('error', () => undefined);
  secure.once('data', () => secure.write(text, () => socket.write(BROKEN_RECORD)));
}

function http(port: number): string {
  return `http://127.0.0.1:${port}/`;
}

function https(port: number): string {
  return `https://127.0.0.1:${port}/`;
}
