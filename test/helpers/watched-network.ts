import { spawn, spawnSync } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { makeFolder } from './make-folder.ts';

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/** Where one of these is set, onnxruntime's telemetry is silent of itself, and there would be nothing to prevent. */
const BUILD_SERVER_VARIABLES = [
  'CI',
  'TF_BUILD',
  'GITHUB_ACTIONS',
  'GITLAB_CI',
  'CIRCLECI',
  'TRAVIS',
  'JENKINS_URL',
  'CODEBUILD_BUILD_ID',
  'BUILDKITE',
  'TEAMCITY_VERSION',
  'APPVEYOR',
];

/** What a process and its children were seen to do. */
export interface Watched {
  /** First lines of what the proxy was asked: `CONNECT host:443 HTTP/1.1`. */
  readonly proxied: readonly string[];
  /** Addresses outside loopback that a socket was connected to, or that a datagram was meant for. */
  readonly connected: readonly string[];
  /** Files left in a home folder that was empty before: caches, device ids, databases of events. */
  readonly leftAtHome: readonly string[];
}

/** A place where processes think that the way out leads over a proxy, which only takes notes. */
export interface WatchedNetwork {
  /** The environment to start processes with. */
  readonly env: NodeJS.ProcessEnv;
  /** The command line to start instead: under strace where this machine has it. */
  wrap(command: readonly string[]): readonly string[];
  /** What was seen since the last call. */
  take(): Promise<Watched>;
}

/** Whether system calls can be watched here. */
export const HAS_STRACE: boolean = spawnSync('strace', ['-f', '--seccomp-bpf', 'true']).status === 0;

/** A watched network for processes that this test starts; environment variables win over `env` of this process. */
export async function watchNetwork(
  t: ExecutionContext,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<WatchedNetwork> {
  const proxied: string[] = [];
  const proxy = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes) => {
      proxied.push(bytes.toString('latin1').split('\r\n', 1)[0]!);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => proxy.close());
  const { port } = proxy.address() as { port: number };
  const folder = await makeFolder(t);
  const home = await makeFolder(t);
  const trace = join(folder, 'trace');
  const env: NodeJS.ProcessEnv = { ...environment, HOME: home, XDG_CACHE_HOME: home, TMPDIR: home };
  // What these commands run is covered elsewhere; under strace, counting it takes long.
  env['NODE_V8_COVERAGE'] = '';
  for (const name of PROXY_VARIABLES) env[name] = `http://127.0.0.1:${port}`;
  for (const name of ['NO_PROXY', 'no_proxy', ...BUILD_SERVER_VARIABLES]) delete env[name];
  return {
    env,
    wrap: (command) =>
      HAS_STRACE
        ? ['strace', '-f', '--seccomp-bpf', '-qq', '-e', 'trace=connect,sendto', '-o', trace, ...command]
        : command,
    async take() {
      const calls = HAS_STRACE ? await readFile(trace, 'utf8').catch(() => '') : '';
      await rm(trace, { force: true });
      return {
        proxied: proxied.splice(0),
        connected: calls.split('\n').flatMap(addressOutside),
        leftAtHome: await readdir(home, { recursive: true }),
      };
    },
  };
}

/** The address of a system call's line, unless it is loopback or no address of the Internet at all. */
function addressOutside(line: string): string[] {
  const address =
    /inet_addr\("([^"]+)"\)/.exec(line)?.[1] ?? /inet_pton\(AF_INET6, "([^"]+)"/.exec(line)?.[1];
  return address === undefined || /^(127\.|::1$|::ffff:127\.)/.test(address) ? [] : [address];
}

/** Runs a command line to its end, or until `enough` says so, and gives its exit code and last words. */
export async function runWatched(
  network: WatchedNetwork,
  command: readonly string[],
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const [program, ...args] = network.wrap(command);
  const child = spawn(program!, args, { env: network.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, output };
}
