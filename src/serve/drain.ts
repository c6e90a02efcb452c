import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/**
 * Closes the port and waits until every connection has ended.
 *
 * `http.Server.close` would end the idle connections at once, and a request that is on its way on one of them would
 * be reset. Here the port alone is closed: connections live until their next answer, which says `Connection: close`
 * (the caller sees to that), or until the keep-alive time that the client was told is over.
 *
 * @param deadlineMs milliseconds after which what is left is cut
 * @returns the number of connections that were cut
 */
export async function drainConnections(server: Server, deadlineMs: number): Promise<number> {
  // Behind a poll: connections that had come before are accepted by now, not reset with the port.
  await setImmediate();
  const closed = once(server, 'close');
  NetServer.prototype.close.call(server);
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
