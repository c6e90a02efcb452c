import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/** What connections that wait to be accepted may delay the closing of the port. */
const MAX_ACCEPTING_MS = 250;
/** Turns of the event loop without a new connection after which none waits. */
const QUIET_TURNS = 3;

/**
 * Closes the port and waits until every connection has ended.
 *
 * `http.Server.close` would end the idle connections at once, and a request that is on its way on one of them would
 * be reset. Here the port alone is closed: connections live until their next answer, which says `Connection: close`
 * (the caller sees to that), or until the keep-alive time that the client was told is over.
 *
 * @param onClosed called once the port is closed; until then no request should be answered
 * @param deadlineMs milliseconds after which what is left is cut
 * @returns the number of connections that were cut
 */
export async function drainConnections(
  server: Server,
  onClosed: () => void,
  deadlineMs: number,
): Promise<number> {
  await acceptWaiting(server);
  const closed = once(server, 'close');
  NetServer.prototype.close.call(server);
  onClosed();
  let cut = 0;
  const timer = setTimeout(() => {
    server.getConnections((_, count) => {
      cut = count;
      server.closeAllConnections();
    });
  }, deadlineMs);
  await closed;
  clearTimeout(timer);
  return cut;
}

/**
 * Lets the event loop accept what the kernel holds: it would be reset with the port. No request is answered meanwhile
 * (the caller sees to that), or clients that connect anew for each request would keep coming.
 */
async function acceptWaiting(server: Server): Promise<void> {
  let accepted = 0;
  const count = (): void => {
    accepted++;
  };
  server.on('connection', count);
  const startedMs = performance.now();
  let before: number;
  do {
    before = accepted;
    // Each turn of the loop polls once.
    for (let turn = 0; turn < QUIET_TURNS; turn++) await setImmediate();
  } while (accepted > before && performance.now() - startedMs < MAX_ACCEPTING_MS);
  server.off('connection', count);
}
