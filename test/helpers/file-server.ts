import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server of files was asked. */
export interface FileRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
}

/** A web server on loopback that gives files, whole and by ranges. */
export interface FileServer {
  readonly origin: string;
  /** Files by path; may be changed. */
  readonly files: Map<string, Buffer>;
  readonly log: FileRequest[];
  /** Answers in the place of the server, where it answers true. */
  answer: (request: IncomingMessage, response: ServerResponse, path: string) => boolean;
  stop(): Promise<void>;
}

/** Starts a server of files. Paths are without queries. */
export async function startFileServer(): Promise<FileServer> {
  const files = new Map<string, Buffer>();
  const log: FileRequest[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.replace(/\?.*$/, ''));
    log.push({ path, method: request.method!, headers: request.headers });
    if (!started.answer(request, response, path)) sendFile(request, response, files.get(path));
  });
  const started: FileServer = {
    origin: await listening(server),
    files,
    log,
    answer: () => false,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return started;
}

/** Sends a file, or the part of it that is asked for. */
export function sendFile(request: IncomingMessage, response: ServerResponse, file: Buffer | undefined): void {
  if (!file) return void response.writeHead(404).end('nothing here');
  const etag = `"${createHash('md5').update(file).digest('hex')}"`;
  const body = (part: Buffer) => (request.method === 'HEAD' ? undefined : part);
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined)
    return void response.writeHead(200, { etag, 'content-length': file.length }).end(body(file));
  const [from, to] = [Number(first), Math.min(Number(last), file.length - 1)];
  if (from >= file.length)
    return void response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
  const part = file.subarray(from, to + 1);
  const range = `bytes ${from}-${to}/${file.length}`;
  response.writeHead(206, { etag, 'content-range': range, 'content-length': part.length }).end(body(part));
}

async function listening(server: Server): Promise<string> {
  // Else a busy machine meets a connection just as it is closed for having waited.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
