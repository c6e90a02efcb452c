import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { portOf } from '../helpers/raw-host.ts';
import { SELF_SIGNED_ELSEWHERE } from '../helpers/self-signed.ts';
import { behind, FixedNames, httpProxy } from './proxy-setup.ts';
import { imageIn } from './setup.ts';

const folder = await mkdtemp(join(tmpdir(), 'bowerbird-names-'));
const caFile = join(folder, 'ca.pem');
await writeFile(caFile, SELF_SIGNED_ELSEWHERE.cert);
test.after.always(() => rm(folder, { recursive: true }));

interface NamedHost {
  readonly port: number;
  /** What connections asked for (SNI). */
  readonly names: readonly (string | false | null)[];
}

/** A host of https that answers each request. */
async function namedHost(t: ExecutionContext): Promise<NamedHost> {
  const names: (string | false | null)[] = [];
  const server = createServer(SELF_SIGNED_ELSEWHERE, (socket) => {
    names.push(socket.servername);
    socket.on('error', () => undefined);
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { port: portOf(server), names };
}

for (const way of ['straight', 'through a tunnel']) {
  test(`a host is told its name without the dot at its end, ${way}, and must have that certificate`, async (t) => {
    const { port, names } = await namedHost(t);
    const proxy = await httpProxy(t);
    const resolver = new FixedNames();
    resolver.resolve = async () => ['127.0.0.1'];
    const environment = way === 'straight' ? {} : { https_proxy: `http://127.0.0.1:${proxy.port}` };
    const downloader = behind(t, environment, { caFile, parts: { resolver, isAddressAllowed: () => true } });
    imageIn(t, await downloader.download(`https://some.test.:${port}/`));
    imageIn(t, await downloader.download(`https://other.test:${port}/`));
    t.deepEqual(names, ['some.test', 'other.test']);
    t.is(proxy.connections, way === 'straight' ? 0 : 2);
  });
}
