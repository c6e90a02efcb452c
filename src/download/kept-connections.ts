import type { Socket } from 'node:net';

/** Failures of connections that had brought an answer before, and not a byte of the one that was asked for. */
const UNHEARD = new WeakSet<Error>();

/**
 * Watches a connection that is kept for further requests. A host may close it while the next request is on its way, and then
 * has not refused that: it may be sent again (RFC 9110, 9.2.2; RFC 9112, 9.3.1). Only the connection knows that it was so.
 */
export function watchKept(socket: Socket): void {
  const write = socket.write;
  let requests = 0;
  let bytesBefore = 0;
  // A request without a body is written at once.
  socket.write = (...args: unknown[]): boolean => {
    requests++;
    bytesBefore = socket.bytesRead;
    return Reflect.apply(write, socket, args);
  };
  socket.prependListener('error', (thrown) => {
    if (requests > 1 && socket.bytesRead === bytesBefore) UNHEARD.add(thrown);
  });
}

/** Whether a request failed because its connection, kept from an earlier one, was closed before any of its answer came. */
export function isUnheard(thrown: unknown): boolean {
  return thrown instanceof Error && UNHEARD.has(thrown);
}
