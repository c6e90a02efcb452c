import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { BowerbirdError, codeOf, messageOf } from '../../base/errors.ts';

/** Where metrics are served. */
export interface MetricsPlace {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** A port that answers `GET /metrics`. */
export interface MetricsServer {
  /** `http://127.0.0.1:9464/metrics` */
  readonly url: string;
  close(): Promise<void>;
}

/** Whoever scrapes asks every few seconds: one that sends nothing holds no connection for longer. */
const TIMEOUT_MS = 10_000;

/** Serves what a registry counts, in Prometheus' text format, to whoever asks. @throws BowerbirdError BB_LISTEN */
export async function serveMetrics(registry: Registry, { host, port }: MetricsPlace): Promise<MetricsServer> {
  const server = createServer(
    { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS },
    (request, response) => {
      const isThere = /^\/metrics(\?|$)/.test(request.url ?? '');
      if (!isThere || (request.method !== 'GET' && request.method !== 'HEAD')) {
        response.writeHead(isThere ? 405 : 404, { 'content-type': 'text/plain' }).end('Ask for /metrics.\n');
        return;
      }
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        (thrown: unknown) => response.writeHead(500).end(`${messageOf(thrown)}\n`),
      );
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown) => reject(cannotListen(thrown, { host, port })));
    server.listen(port, host, resolve);
  });
  // Those who scrape are no reason for a process to stay.
  server.unref();
  const { address, family, port: opened } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : host}:${opened}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function cannotListen(thrown: unknown, { host, port }: MetricsPlace): BowerbirdError {
  const why = codeOf(thrown) === 'EADDRINUSE' ? 'another process listens there' : messageOf(thrown);
  return new BowerbirdError(
    'BB_LISTEN',
    `Metrics cannot be served on ${host} port ${port}: ${why}. Choose others with --metrics-host and --metrics-port; port 0 takes any that is free.`,
    { cause: thrown, fields: { host, port } },
  );
}
