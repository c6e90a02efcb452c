import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Bytes to serve with status 200, or a function that answers by itself. */
export type Resource = Uint8Array | ((request: IncomingMessage, response: ServerResponse) => void);

/** A loopback host that serves what a test gave it, and counts. */
export interface ImageHost {
  readonly port: number;
  readonly origin: string;
  /** Requests so far by path. */
  readonly requests: ReadonlyMap<string, number>;
  /** What it serves by path; may be changed. */
  readonly resources: Map<string, Resource>;
  stop(): Promise<void>;
}

/** Serves each path of the map on 127.0.0.1 from this process; the map may change meanwhile. Others are 404. */
export async function startImageHost(resources: Map<string, Resource>, atPort = 0): Promise<ImageHost> {
  const requests = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.set(path, (requests.get(path) ?? 0) + 1);
    const resource = resources.get(path);
    if (resource === undefined) response.writeHead(404).end();
    else if (typeof resource === 'function') resource(request, response);
    else response.writeHead(200, { 'content-length': resource.length }).end(resource);
  });
  // Else a busy machine meets a connection just as it is closed for having waited.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(atPort, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    requests,
    resources,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
