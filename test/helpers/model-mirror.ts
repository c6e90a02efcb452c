import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Owner } from './make-folder.ts';

/** A file of a mirror, and how it is answered. */
export interface MirroredFile {
  bytes: Buffer;
  /** Its entity tag; that of its bytes where not given, none where undefined. */
  etag?: string | undefined;
  /** Whether ranges are answered; they are where not given. */
  ranges?: boolean;
  /** Takes an answer over: gives true where it has. */
  intervene?: (call: MirrorCall) => boolean;
  /** Hangs up after so many bytes of a body; not where undefined. */
  cutAfter?: () => number | undefined;
}

/** What was asked. */
export interface MirrorCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** 1 for the first request to this path. */
  readonly count: number;
}

/** A request as it came. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** A loopback host of model files, by path. */
export interface ModelMirror {
  readonly origin: string;
  readonly files: Map<string, MirroredFile>;
  readonly requests: SeenRequest[];
}

/** Starts a host that answers ranges as RFC 9110 has it; it goes with the test. */
export async function startModelMirror(t: Owner): Promise<ModelMirror> {
  const files = new Map<string, MirroredFile>();
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push({ path, headers: request.headers });
    const file = files.get(path);
    const count = requests.filter((seen) => seen.path === path).length;
    if (!file) response.writeHead(404).end('no such file');
    else if (file.intervene?.({ request, response, count }) !== true) answer(file, request, response);
  });
  // Else a busy machine meets a connection just as it is closed for having waited.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, files, requests };
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function answer(file: MirroredFile, request: IncomingMessage, response: ServerResponse): void {
  const etag = 'etag' in file ? file.etag : `"${sha256Of(file.bytes).slice(0, 16)}"`;
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  const offset = start !== undefined && file.ranges !== false && isSame ? Number(start) : 0;
  const headers = { ...(etag !== undefined && { etag }), 'accept-ranges': 'bytes' };
  const total = file.bytes.length;
  if (offset > 0 && offset >= total) {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${total}` }).end();
    return;
  }
  const body = file.bytes.subarray(offset);
  response.writeHead(offset > 0 ? 206 : 200, {
    ...headers,
    'content-length': body.length,
    ...(offset > 0 && { 'content-range': `bytes ${offset}-${total - 1}/${total}` }),
  });
  const cut = file.cutAfter?.();
  if (cut === undefined || cut >= body.length) response.end(body);
  else response.write(body.subarray(0, cut), () => response.socket?.end());
}
