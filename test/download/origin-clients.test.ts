import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Dispatcher } from 'undici';
import { type Keeping, OriginClients } from '../../src/download/origin-clients.ts';
import type { RequestHandler } from '../../src/download/proxied-requests.ts';
import { until } from '../helpers/until.ts';
import { AMPLE_MS } from './setup.ts';

interface Host {
  readonly origin: string;
  /** Connections so far. */
  readonly connections: () => number;
  /** Answers that are held back: to requests for /held. */
  readonly held: ServerResponse[];
  readonly server: Server;
}

async function startHost(t: ExecutionContext): Promise<Host> {
  let connections = 0;
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/held') held.push(response);
    else if (request.url === '/begun') response.writeHead(200).write('begun');
    else if (request.url === '/last') response.writeHead(200, { connection: 'close' }).end('last');
    else response.end('more');
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, connections: () => connections, held, server };
}

function startClients(t: ExecutionContext, keeping: Partial<Keeping> = {}): OriginClients {
  const clients = new OriginClients(
    { headersTimeout: 0, bodyTimeout: 0 },
    { maxFree: 100, keepMs: AMPLE_MS, isAskedSoon: () => true, ...keeping },
  );
  t.teardown(() => clients.destroy());
  return clients;
}

function openConnections({ server }: Host): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}

/** The code of the error with which a request ends; undefined where it is answered. */
function ask(
  clients: OriginClients,
  origin: string,
  request: Partial<Dispatcher.DispatchOptions> = {},
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseEnd: () => resolve(undefined),
      onResponseError: (_controller, error) => resolve((error as NodeJS.ErrnoException).code ?? error.name),
    };
    clients.dispatch({ origin, path: '/', method: 'GET', ...request }, handler);
  });
}

test('a connection that is free again carries the next request to its origin, and none to another', async (t) => {
  const [one, other] = [await startHost(t), await startHost(t)];
  const clients = startClients(t);
  for (let i = 0; i < 3; i++) {
    t.is(await ask(clients, one.origin), undefined);
    await until(() => clients.freeSize === 1);
  }
  t.is(await ask(clients, other.origin), undefined);
  t.deepEqual([one.connections(), other.connections(), clients.size], [1, 1, 2]);
});

test('as many requests as are sent at one time go over as many connections', async (t) => {
  const host = await startHost(t);
  const clients = startClients(t);
  const asked = Array.from({ length: 5 }, () => ask(clients, host.origin, { path: '/held' }));
  await until(() => host.held.length === 5);
  t.is(host.connections(), 5);
  for (const response of host.held) response.end();
  t.deepEqual(await Promise.all(asked), Array(5).fill(undefined));
  await until(() => clients.freeSize === 5);
});

test('the connection of an answer can be taken again by whoever is told that it is free', async (t) => {
  const host = await startHost(t);
  const clients = startClients(t);
  for (const path of ['/', '/last']) {
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve) => {
        const handler: RequestHandler = { onRequestStart: () => undefined, onConnectionFree: resolve };
        clients.dispatch({ origin: host.origin, path, method: 'GET' }, handler);
      });
    }
  }
  t.deepEqual([host.connections(), clients.size], [3, 0]);
});

test('a request that is given up closes its connection, and opens no other', async (t) => {
  const host = await startHost(t);
  const clients = startClients(t);
  const handler: RequestHandler = {
    onRequestStart: () => undefined,
    onResponseData: (controller) => controller.abort(new Error('not wanted')),
    onResponseError: () => undefined,
  };
  clients.dispatch({ origin: host.origin, path: '/begun', method: 'GET' }, handler);
  await until(() => host.connections() === 1 && clients.size === 0);
  await until(async () => (await openConnections(host)) === 0);
  t.is(await ask(clients, host.origin), undefined);
  t.is(host.connections(), 2);
});

test('of more free connections than may be kept the one that has been free for longest is closed', async (t) => {
  const hosts = [await startHost(t), await startHost(t), await startHost(t)];
  const clients = startClients(t, { maxFree: 2 });
  for (const { origin } of hosts) {
    t.is(await ask(clients, origin), undefined);
    await until(() => clients.size === clients.freeSize);
  }
  t.deepEqual([clients.size, clients.freeSize], [2, 2]);
  await until(async () => (await openConnections(hosts[0]!)) === 0);
  for (const { origin } of hosts.toReversed()) t.is(await ask(clients, origin), undefined);
  t.deepEqual(
    hosts.map(({ connections }) => connections()),
    [2, 1, 1],
  );
});

test('nothing is kept of a connection that a host closes, that is idle for too long, or that was never made', async (t) => {
  const host = await startHost(t);
  const closed = startClients(t);
  t.is(await ask(closed, host.origin, { path: '/last' }), undefined);
  await until(() => closed.size === 0);

  const idle = startClients(t, { keepMs: 1 });
  t.is(await ask(idle, host.origin), undefined);
  await until(() => idle.size === 0);
  t.is(idle.freeSize, 0);

  host.server.closeAllConnections();
  host.server.close();
  await once(host.server, 'close');
  t.is(await ask(closed, host.origin), 'ECONNREFUSED');
  await until(() => closed.size === 0);
});

test('a connection to a host that nobody is about to ask is closed long before those that are wanted', async (t) => {
  const [wanted, other] = [await startHost(t), await startHost(t)];
  const clients = startClients(t, { isAskedSoon: (origin) => origin === wanted.origin });
  t.is(await ask(clients, other.origin), undefined);
  t.is(await ask(clients, wanted.origin), undefined);
  await until(async () => (await openConnections(other)) === 0);
  await until(() => clients.size === 1 && clients.freeSize === 1);
  t.is(await ask(clients, wanted.origin), undefined);
  t.is(wanted.connections(), 1);
});

test('where one has to be closed for another, those that nobody wants go first', async (t) => {
  const [first, unwanted, last] = [await startHost(t), await startHost(t), await startHost(t)];
  const clients = startClients(t, { maxFree: 2, isAskedSoon: (origin) => origin !== unwanted.origin });
  for (const { origin } of [first, unwanted, last]) {
    t.is(await ask(clients, origin), undefined);
    await until(() => clients.size === clients.freeSize);
  }
  for (const { origin } of [first, last]) t.is(await ask(clients, origin), undefined);
  t.deepEqual([first.connections(), last.connections()], [1, 1]);
});

test('a request over a connection that the host has just closed goes over a new one', async (t) => {
  const host = await startHost(t);
  const clients = startClients(t);
  t.is(await ask(clients, host.origin), undefined);
  await until(() => clients.freeSize === 1);
  host.server.closeAllConnections();
  await until(() => clients.size === 0);
  t.is(await ask(clients, host.origin), undefined);
  t.is(host.connections(), 2);
});

test('a request that cannot be made leaves its connection to the next', async (t) => {
  const host = await startHost(t);
  const clients = startClients(t);
  t.is(await ask(clients, host.origin), undefined);
  await until(() => clients.freeSize === 1);
  t.is(await ask(clients, host.origin, { headers: { cookie: 'a\nb' } }), 'UND_ERR_INVALID_ARG');
  t.is(clients.freeSize, 1);
  t.is(await ask(clients, host.origin), undefined);
  t.is(host.connections(), 1);
});

test('once it is destroyed, what is under way fails and nothing is begun', async (t) => {
  const host = await startHost(t);
  const clients = startClients(t);
  const asked = ask(clients, host.origin, { path: '/held' });
  await until(() => host.held.length === 1);
  await clients.destroy();
  t.is(await asked, 'UND_ERR_DESTROYED');
  t.throws(() => clients.dispatch({ origin: host.origin, path: '/', method: 'GET' }, {}), {
    code: 'UND_ERR_DESTROYED',
  });
  t.is(host.connections(), 1);
});
