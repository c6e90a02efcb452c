import { createServer } from 'node:net';

/** Longer than any test; then nobody will say that it is over. */
const LIFE_MS = 300_000;

// Listens and never accepts: the kernel takes as many connections as the backlog holds, and drops the next.
const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  process.send!((server.address() as { port: number }).port, () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LIFE_MS);
    process.exit();
  });
});
