import type { Socket } from 'node:net';

/**
 * undici takes a reset for the end of a body that lasts until the connection ends (macOS once sent them so), and a cut image
 * would pass for a whole one. By another name it is a failure.
 */
export function tellResets(socket: Socket): void {
  socket.prependListener('error', (thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ECONNRESET') thrown.code = 'EPIPE';
  });
}
