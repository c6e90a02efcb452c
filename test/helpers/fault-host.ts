import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { replyFor } from './fault-replies.ts';

export interface FaultHostOptions {
  /** Where to listen; 127.0.0.1 where not given. */
  readonly address?: string;
  /** What good replies send: a short text where not given, which no decoder takes. */
  readonly image?: Uint8Array;
  /** Pathname -> bytes, served with status 200 before any fault is looked for. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Pathname -> the path whose reply is given there. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Serves https with this PEM key and certificate. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A loopback host whose paths name how they fail; see fault-replies.ts. It counts, so that tests need no clock. */
export interface FaultHost {
  readonly port: number;
  readonly image: Uint8Array;
  /** `http://127.0.0.1:port` and the path. */
  url(path: string): string;
  /** Requests to this pathname (its query apart), or all of them. */
  requests(pathname?: string): number;
  /** The headers of the last request. */
  readonly lastHeaders: IncomingHttpHeaders;
  /** Connections accepted so far, and the most requests that were being answered at one time. */
  readonly connections: number;
  readonly mostAtOnce: number;
  /** Requests that are being answered now. */
  readonly atOnce: number;
  /** Answers everything that waits under /held/, now and from now on. */
  letGo(): void;
  close(): Promise<void>;
}

export async function startFaultHost(options: FaultHostOptions = {}): Promise<FaultHost> {
  const host = new LoopbackHost(options);
  await host.listen();
  return host;
}

class LoopbackHost implements FaultHost {
  readonly #options: FaultHostOptions;
  readonly #server: ReturnType<typeof createServer>;
  readonly #counts = new Map<string, number>();
  readonly #held: Promise<void>;
  readonly #sockets = new Set<Socket>();
  readonly image: Uint8Array;
  letGo: () => void = () => undefined;
  lastHeaders: IncomingHttpHeaders = {};
  connections = 0;
  atOnce = 0;
  mostAtOnce = 0;

  constructor(options: FaultHostOptions) {
    this.#options = options;
    this.image = options.image ?? Buffer.from('bytes of an image, as far as a download can tell');
    this.#held = new Promise((resolve) => {
      this.letGo = resolve;
    });
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      this.#answer(request, response);
    this.#server = options.tls ? createTlsServer(options.tls, answer) : createServer(answer);
    this.#server.on('connection', (socket: Socket) => this.#watch(socket));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen({ port: 0, host: this.#options.address ?? '127.0.0.1', backlog: 4096 }, resolve);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path: string): string {
    const address = this.#options.address ?? '127.0.0.1';
    const host = address.includes(':') ? `[${address}]` : address;
    return `${this.#options.tls ? 'https' : 'http'}://${host}:${this.port}${path}`;
  }

  requests(pathname?: string): number {
    if (pathname !== undefined) return this.#counts.get(pathname) ?? 0;
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #watch(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // Clients that leave in the middle are what this host is for.
    socket.on('error', () => undefined);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, 'http://host');
    const count = this.requests(url.pathname) + 1;
    this.#counts.set(url.pathname, count);
    this.lastHeaders = request.headers;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    response.on('close', () => this.atOnce--);
    const file = this.#options.files?.[url.pathname];
    if (file) {
      response.writeHead(200, { 'content-length': file.length }).end(file);
      return;
    }
    const answered = new URL(this.#options.aliases?.[url.pathname] ?? request.url!, url);
    const [, name = '', ...rest] = answered.pathname.split('/');
    replyFor(name)({
      response,
      socket: request.socket,
      url: answered,
      rest: rest.join('/'),
      count,
      image: this.image,
      held: this.#held,
    });
  }
}
