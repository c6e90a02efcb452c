import type { Socket } from 'node:net';

/**
 * Has undici take for the end of a connection what it would not. A reset it takes for the end of a body that lasts until the
 * connection ends (macOS once sent them so), and a cut image would pass for a whole one: by another name it is a failure. And a TLS
 * record that makes no sense is told by Node without closing the socket, which undici waits for.
 */
export function tellErrors(socket: Socket): void {
  socket.prependListener('error', (thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ECONNRESET') thrown.code = 'EPIPE';
    socket.destroy();
  });
}
