import { startDemoHost } from '../../src/demo/host.ts';

// A process that starts the demo's image host, says which process that is, and waits to be killed.
const host = await startDemoHost({ port: 0 });
process.stdout.write(`${host.pid} ${host.port}\n`);
