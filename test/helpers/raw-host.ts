import { createServer, type Server, type Socket } from 'node:net';

/** What a raw host knows of the request that it answers. */
export interface RawCall {
  readonly socket: Socket;
  /** The first line and the headers, as they came. */
  readonly head: string;
  /** 1 for the first request to this path. */
  readonly count: number;
  /** 1 for the first request on this connection. */
  readonly countOnConnection: number;
}

export type RawAnswer = (call: RawCall) => void;

/** A loopback host that answers in bytes, so that it can say what no server library would. It speaks no TLS. */
export interface RawHost {
  readonly port: number;
  /** Requests for this path, its query apart. */
  requests(path: string): number;
  close(): Promise<void>;
}

/** @param answers by path, its query apart; for other paths it hangs up */
export async function startRawHost(answers: ReadonlyMap<string, RawAnswer>): Promise<RawHost> {
  const counts = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Clients that leave in the middle are what this host is for.
    socket.on('error', () => undefined);
    listen(socket, (head, countOnConnection) => {
      const path = pathOf(head);
      const count = (counts.get(path) ?? 0) + 1;
      counts.set(path, count);
      const answer = answers.get(path) ?? hangUp;
      answer({ socket, head, count, countOnConnection });
    });
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, resolve));
  return {
    port: portOf(server),
    requests: (path) => counts.get(path) ?? 0,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

function hangUp({ socket }: RawCall): void {
  socket.destroy();
}

/** Calls back for each request that is whole; none has a body. */
function listen(socket: Socket, onRequest: (head: string, countOnConnection: number) => void): void {
  let text = '';
  let count = 0;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      onRequest(head, ++count);
    }
  });
}

function pathOf(head: string): string {
  return /^GET ([^ ?]*)/.exec(head)?.[1] ?? '';
}
