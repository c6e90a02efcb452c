// The image host of the benchmarks: says its ports to its parent, and serves until it is ended. `?N` answers after N ms; the other port takes
// connections and says nothing.
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSilentServer } from 'node:net';
import type { HostSettings } from './support/image-host.ts';
import { makeJpeg } from './support/jpegs.ts';

const { width, height, distinct, withFailures } = JSON.parse(process.argv[2]!) as HostSettings;

const jpegs: Buffer[] = [];
for (let seed = 1; seed <= distinct; seed++) jpegs.push(await makeJpeg(width, height, seed));

/** Undefined for a dead link: every third image. Every eleventh is cut off in the middle. */
function bytesOf(image: number): Buffer | undefined {
  const jpeg = jpegs[image % distinct]!;
  if (!withFailures) return jpeg;
  if (image % 3 === 1) return undefined;
  return image % 11 === 5 ? jpeg.subarray(0, jpeg.length / 2) : jpeg;
}

const server = createServer((request, response) => {
  const [path, delayMs] = request.url!.split('?');
  const bytes = bytesOf(Number.parseInt(path!.slice(1), 10));
  const answer = (): void => {
    if (!bytes) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': bytes.length }).end(bytes);
  };
  if (Number(delayMs) > 0) setTimeout(answer, Number(delayMs));
  else answer();
});
// Whoever measures on a busy machine shall not find his connection closed.
server.keepAliveTimeout = 0;
const silent = createSilentServer((socket) => socket.on('error', () => undefined));
const everywhere = { port: 0, host: '0.0.0.0', backlog: 4096 };
silent.listen(everywhere, () => {
  server.listen(everywhere, () => {
    const [{ port }, { port: silentPort }] = [server, silent].map((one) => one.address() as AddressInfo) as [
      AddressInfo,
      AddressInfo,
    ];
    process.send!({ port, silentPort, jpegBytes: jpegs[0]!.length });
  });
});
