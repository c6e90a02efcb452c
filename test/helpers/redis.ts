import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ExecutionContext } from 'ava';
import { until } from './until.ts';

/** Why tests with Redis are left out; undefined where it is installed. */
export function withoutRedis(): string | undefined {
  return spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'redis-server is not installed';
}

/** A Redis of a test's own that keeps nothing on the disk. */
export interface TestRedis {
  readonly url: string;
  /** Kills it and starts another at its address, which knows nothing. */
  restart(): Promise<void>;
  /** Kills it. */
  kill(): Promise<void>;
  /** Has it keep its connections and answer nothing any more. */
  freeze(): void;
}

/** Starts a Redis that ends with the test. @param settings further words of its command line */
export async function startRedis(t: ExecutionContext, settings: readonly string[] = []): Promise<TestRedis> {
  const port = await freePort();
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = spawn(
      'redis-server',
      ['--port', `${port}`, '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1', ...settings],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    let said = '';
    server.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await until(() => said.includes('Ready to accept connections'));
  };
  const kill = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  await start();
  t.teardown(kill);
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    freeze: () => void server!.kill('SIGSTOP'),
    restart: async () => {
      await kill();
      await start();
    },
  };
}

/** A port of loopback that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, 'close');
  return port;
}
