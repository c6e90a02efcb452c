import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

export interface HttpProxyOptions {
  /** `user:password` that it wants to be told. */
  readonly credentials?: string;
  /** Refuses everything with this status. */
  readonly status?: number;
  /** Takes connections and says nothing. */
  readonly isSilent?: boolean;
  /** Is spoken to by TLS, with this PEM key and certificate. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** An HTTP proxy on loopback, for which every host is this machine, at the port that is asked for. */
export interface HttpProxy {
  readonly port: number;
  /** `CONNECT some.test:443`, `GET http://some.test/a.jpg` */
  readonly asked: readonly string[];
  /** All headers that it was sent, names in lower case, with those that are for it alone. */
  readonly headers: readonly IncomingMessage['headers'][];
  readonly connections: number;
  /** What a TLS connection was asked for by (SNI), false where by nothing. */
  readonly serverNames: readonly (string | false | null)[];
  close(): Promise<void>;
}

const AUTHENTICATION_REQUIRED = 407;

export async function startHttpProxy(options: HttpProxyOptions = {}): Promise<HttpProxy> {
  const asked: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const sockets = new Set<Duplex>();
  const serverNames: (string | false | null)[] = [];
  let connections = 0;
  /** The status of a refusal, undefined where the way is free. */
  const refusal = (message: IncomingMessage): number | undefined => {
    asked.push(`${message.method} ${message.url}`);
    headers.push(message.headers);
    const wanted = options.credentials && `Basic ${Buffer.from(options.credentials).toString('base64')}`;
    const isKnown = wanted === undefined || message.headers['proxy-authorization'] === wanted;
    return isKnown ? options.status : AUTHENTICATION_REQUIRED;
  };
  const forward = (message: IncomingMessage, response: ServerResponse): void => {
    const status = refusal(message);
    if (options.isSilent) return;
    if (status !== undefined) {
      response.writeHead(status).end('the proxy says no');
      return;
    }
    const url = new URL(message.url!);
    const { 'proxy-authorization': _, ...passedOn } = message.headers;
    request(
      { host: '127.0.0.1', port: url.port || 80, path: url.pathname + url.search, headers: passedOn },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    )
      .on('error', () => response.writeHead(502).end())
      .end();
  };
  const server = options.tls ? createTlsServer(options.tls, forward) : createServer(forward);
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('secureConnection', (socket: TLSSocket) => serverNames.push(socket.servername));
  server.on('connect', (message: IncomingMessage, client: Duplex) => {
    const status = refusal(message);
    client.on('error', () => undefined);
    if (options.isSilent) return;
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 2\r\n\r\nno`);
      return;
    }
    const host = connect(Number(/:(\d+)$/.exec(message.url!)![1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\nvia: 1.1 loopback\r\n\r\n');
      host.pipe(client).pipe(host);
    });
    sockets.add(host);
    host.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n'));
    client.on('close', () => host.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    headers,
    serverNames,
    get connections() {
      return connections;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
