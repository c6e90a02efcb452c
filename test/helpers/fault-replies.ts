import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** What a reply may know about the request that it answers. */
export interface FaultRequest {
  readonly response: ServerResponse;
  readonly socket: Socket;
  readonly url: URL;
  /** What follows the reply's name in the path, without the slash. */
  readonly rest: string;
  /** 1 for the first request to this very path. */
  readonly count: number;
  readonly image: Uint8Array;
  /** Waits until the test lets held requests go. */
  readonly held: Promise<void>;
}

type Reply = (fault: FaultRequest) => void;

/** The reply for a path: `/name/rest` is answered by `name`; a bare number by that status. */
export function replyFor(name: string): Reply {
  const status = /^(\d{3})(?:\.\w+)?$/.exec(name)?.[1];
  if (status) return (fault) => sendStatus(fault, Number(status));
  return REPLIES[name] ?? ((fault) => sendStatus(fault, 404));
}

const TWO_MB = 2 * 1024 * 1024;
const FILLER = Buffer.alloc(65_536, 'x');

const REPLIES: Readonly<Record<string, Reply>> = {
  'ok.jpg': sendImage,
  /** /ok/<anything> */
  ok: sendImage,
  /** No Content-Length. */
  chunked: ({ response, image }) => {
    response.writeHead(200);
    response.write(image.subarray(0, 10));
    response.end(image.subarray(10));
  },
  /** Neither Content-Length nor chunks: the body ends with the connection. */
  'until-close': ({ socket, image }) => {
    socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
    socket.end(image);
  },
  /** /sized/<bytes>: a body of this announced length; /unsized/<bytes>: of unannounced length. */
  sized: ({ response, rest }) =>
    response.writeHead(200, { 'content-length': rest }).end(Buffer.alloc(Number(rest), 1)),
  unsized: ({ response, rest }) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.end(Buffer.alloc(Number(rest), 1));
  },
  gzipped: ({ response, image }) =>
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': image.length }).end(image),
  /** Answers once the test lets go. */
  held: async (fault) => {
    await fault.held;
    sendImage(fault);
  },
  hang: () => undefined,
  'headers-then-hang': ({ response }) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('begun');
  },
  /** A byte every 50 ms, for ever. */
  drip: ({ response, socket }) => {
    response.writeHead(200);
    every(50, socket, () => response.write('x'));
  },
  /** Announces 20 MiB, and sends a byte every 50 ms. */
  'drip-20-mib': ({ response, socket }) => {
    response.writeHead(200, { 'content-length': 20 * 1024 * 1024 });
    every(50, socket, () => response.write('x'));
  },
  /** A refusal whose body never ends. */
  'drip-404': ({ response, socket }) => {
    response.writeHead(404);
    every(50, socket, () => response.write('x'));
  },
  'huge-404': ({ response }) => response.writeHead(404).end(Buffer.alloc(TWO_MB)),
  '1xx-forever': ({ socket }) => every(50, socket, () => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')),
  'early-hints': ({ response, image }) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' });
    response.end(image);
  },
  /** The connection is reset: before the answer, or within the body. */
  reset: ({ socket }) => socket.resetAndDestroy(),
  'reset-body': ({ response, socket }) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('begun', () => setTimeout(() => socket.resetAndDestroy(), 20));
  },
  /** A body that lasts until the connection ends, and is reset once the test lets go; `?line=` stands in its head. */
  'reset-until-close': async ({ socket, url, held }) => {
    socket.write(`HTTP/1.1 200 OK\r\n${url.searchParams.get('line')}\r\n\r\nbegun`);
    await held;
    socket.resetAndDestroy();
  },
  close: ({ socket }) => socket.destroy(),
  /** Less than announced, then the connection ends. */
  cut: ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this'),
  'cut-chunked': ({ socket }) =>
    socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n'),
  'cut-then-ok': (fault) => (fault.count === 1 ? REPLIES['cut']!(fault) : sendImage(fault)),
  /** Announces 1 GB. */
  huge: ({ response, socket }) => {
    response.writeHead(200, { 'content-length': String(1024 ** 3) });
    every(1, socket, () => response.write(Buffer.alloc(65_536)));
  },
  /** Its bytes, then filler: of 1 GB that is announced, without an end, and in gzip. */
  'robots-huge': ({ response, socket, image }) => {
    response.writeHead(200, { 'content-length': String(1024 ** 3) }).write(image);
    every(1, socket, () => response.write(FILLER));
  },
  'robots-endless': ({ response, socket, image }) => {
    response.writeHead(200).write(image);
    every(1, socket, () => response.write(FILLER));
  },
  'robots-gzipped': ({ response, image }) => {
    const file = gzipSync(Buffer.concat([image, Buffer.alloc(TWO_MB, 'x')]));
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': file.length }).end(file);
  },
  /** Announces nothing and never ends. */
  endless: ({ response, socket }) => {
    response.writeHead(200);
    every(1, socket, () => response.write(Buffer.alloc(65_536)));
  },
  empty: ({ response }) => response.writeHead(200, { 'content-length': '0' }).end(),
  'empty-chunked': ({ response }) => response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(),
  /** /redirect/<n>: n redirects, then an image. `?status=` changes 302. */
  redirect: (fault) => {
    const left = Number(fault.rest);
    if (left === 0) sendImage(fault);
    else sendRedirect(fault, `/redirect/${left - 1}`);
  },
  'redirect-loop': (fault) =>
    sendRedirect(fault, fault.rest === 'a' ? '/redirect-loop/b' : '/redirect-loop/a'),
  'redirect-to-self': (fault) => sendRedirect(fault, fault.url.pathname),
  /** ?url=<location, as it is> */
  'redirect-to': (fault) => sendRedirect(fault, fault.url.searchParams.get('url')!),
  'redirect-nowhere': ({ response }) => response.writeHead(302).end(),
  /** One X-Robots-Tag line for each `directive` in the query. */
  'opt-out': (fault) => {
    fault.response.setHeader('X-Robots-Tag', fault.url.searchParams.getAll('directive'));
    sendImage(fault);
  },
  /** A header line for each `name: value` in the query's `header`s. */
  'with-headers': (fault) => {
    for (const line of fault.url.searchParams.getAll('header')) {
      const [name = '', value = ''] = line.split(/: (.*)/s);
      fault.response.appendHeader(name, value);
    }
    sendImage(fault);
  },
  /** The same headers, then a body that never ends. */
  'with-headers-then-hang': (fault) => {
    fault.response.setHeader('tdm-reservation', fault.url.searchParams.get('tdm') ?? '1');
    fault.response.writeHead(200).write('begun');
  },
  'bad-http': ({ socket }) => socket.end('ICY 200 OK\r\n\r\nnot http'),
  'switching-protocols': ({ socket }) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
  'huger-header': ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(70_000)}\r\n\r\n`),
  /** /<status>-then-ok/<id>: fails once, with `?retry-after=`. */
  '503-then-ok': (fault) => thenOk(fault, 503),
  '429-then-ok': (fault) => thenOk(fault, 429),
  '503-then-hang': (fault) => (fault.count === 1 ? sendStatus(fault, 503) : undefined),
  /** 503 for ever, with `?retry-after=`. */
  'always-503': (fault) => sendStatus(fault, 503),
};

function thenOk(fault: FaultRequest, status: number): void {
  if (fault.count === 1) sendStatus(fault, status);
  else sendImage(fault);
}

function sendImage({ response, image }: FaultRequest): void {
  response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': image.length }).end(image);
}

/** The status line and the body hold words that must not reach our messages. */
function sendStatus({ response, url }: FaultRequest, status: number): void {
  const retryAfter = url.searchParams.get('retry-after');
  if (retryAfter !== null) response.setHeader('Retry-After', retryAfter);
  response
    .writeHead(status, 'Host-Specific Words')
    .end(status === 204 || status === 304 ? undefined : 'host words');
}

function sendRedirect({ response, url }: FaultRequest, location: string): void {
  const status = Number(url.searchParams.get('status') ?? 302);
  // As careless hosts do: the bytes of UTF-8 as they are.
  const rawLocation = Buffer.from(location, 'utf8').toString('latin1');
  response.writeHead(status, { location: rawLocation }).end('moved');
}

/** Repeats until the socket closes; an early failure to write is the client's leaving. */
function every(ms: number, socket: Socket, action: () => void): void {
  const timer = setInterval(() => {
    if (socket.writableLength < TWO_MB) action();
  }, ms);
  socket.on('close', () => clearInterval(timer));
}
