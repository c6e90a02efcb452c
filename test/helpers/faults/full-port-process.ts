import { createServer } from 'node:net';

/** Longer than any test; then nobody will say that it is over. */
const LIFE_MS = 300_000;

const [, , port = '0', ...addresses] = process.argv;

// Listens and never accepts: the kernel takes as many connections as the backlog holds, and drops the next.
const servers = addresses.map((host) => createServer().listen({ port: Number(port), host, backlog: 1 }));
await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
process.send!((servers[0]!.address() as { port: number }).port, () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LIFE_MS);
  process.exit();
});
