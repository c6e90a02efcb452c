import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { everyCommand, storeOf } from '../helpers/every-command.ts';
import { CLI } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { HAS_STRACE, runWatched, watchNetwork } from '../helpers/watched-network.ts';

const NOTHING = { proxied: [], connected: [], leftAtHome: [] };

test('every command connects to loopback alone, over no proxy, and leaves nothing in the home folder', async (t) => {
  if (!HAS_STRACE) t.log('strace is not here: only what goes over a proxy is seen');
  const world = await makeWorld(t, { rowCount: 12 });
  const network = await watchNetwork(t);
  for (const { name, args } of everyCommand(world, 'watched')) {
    const { exitCode, output } = await runWatched(network, [process.execPath, CLI, ...args]);
    t.is(exitCode, 0, `${name}: ${output}`);
    t.deepEqual(await network.take(), NOTHING, name);
  }

  const [program, ...args] = network.wrap([process.execPath, CLI, 'serve', storeOf(world, 'watched')]);
  const server = spawn(program!, [...args, '--port', '0', '--json'], {
    env: network.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => server.kill('SIGKILL'));
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const { url, pid } = JSON.parse(line.toString()) as { url: string; pid: number };
  for (const path of ['/score/5', '/docs/', '/metrics']) {
    const [response] = await once(request(url + path).end(), 'response');
    response.resume();
    await once(response, 'end');
  }
  process.kill(pid, 'SIGTERM');
  await once(server, 'close');
  t.deepEqual(await network.take(), NOTHING, 'serve');
});

test('such a watch sees a connection, a proxied one and the encoder library’s telemetry, were it left on', async (t) => {
  const network = await watchNetwork(t, { ...process.env, ORT_DISABLE_TELEMETRY: '0' });
  if (HAS_STRACE) {
    // A socket of loopback cannot reach the address (RFC 5737's, for documentation): the call fails, and no packet leaves.
    const connect = `require('node:net').connect({ host: '192.0.2.1', port: 443, localAddress: '127.0.0.1' }).on('error', () => 0)`;
    await runWatched(network, [process.execPath, '-e', connect]);
    t.deepEqual((await network.take()).connected, ['192.0.2.1']);
  }
  const curl = `const { hostname, port } = new URL(process.env.https_proxy);
    require('node:http').request({ hostname, port, method: 'CONNECT', path: 'example.org:443' }).on('error', () => 0).end()`;
  await runWatched(network, [process.execPath, '-e', curl]);
  t.deepEqual((await network.take()).proxied, ['CONNECT example.org:443 HTTP/1.1']);

  const model = join(packageFolder, 'assets', 'encoders', 'builtin', 'model.onnx');
  // The library writes on a thread of its own: on a busy machine that takes a while.
  const load = `const [, library, model] = process.argv;
    require(library).InferenceSession.create(model).then((session) => {
      const isThere = () => require('node:fs').readdirSync(process.env.HOME, { recursive: true }).some((name) => name.endsWith('deviceid'));
      const look = (left) => isThere() || left === 0 ? session.release() : setTimeout(look, 100, left - 1);
      look(6000);
    })`;
  await runWatched(network, [process.execPath, '-e', load, 'onnxruntime-node', model]);
  const { leftAtHome } = await network.take();
  // The library has telemetry on Linux; where it has none, there is nothing to see.
  if (process.platform === 'linux')
    t.true(
      leftAtHome.some((name) => name.endsWith('deviceid')),
      `${leftAtHome}`,
    );
});
