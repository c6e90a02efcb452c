import type { buildConnector } from 'undici';

/**
 * undici takes a reset for the end of a body that lasts until the connection ends (macOS once sent them so), and a cut image
 * would pass for a whole one. By another name it is a failure.
 */
export function tellingResets(connector: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    // What undici's own gives is the socket, which is passed on: limits hold on to it.
    connector(options, (...answer) => {
      answer[1]?.prependListener('error', (thrown: NodeJS.ErrnoException) => {
        if (thrown.code === 'ECONNRESET') thrown.code = 'EPIPE';
      });
      callback(...answer);
    });
}
