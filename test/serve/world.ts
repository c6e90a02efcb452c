import { once } from 'node:events';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Agent, type Dispatcher } from 'undici';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import type { ServeOptions } from '../../src/serve/options.ts';
import { type RunningServer, startServer } from '../../src/serve/server.ts';
import { openStore } from '../../src/store/reader.ts';
import { type RunningCli, startCli } from '../helpers/run-cli.ts';
import { build, makeFolder } from '../store/rows.ts';

/** A store, and a server that answers from it until the test ends. */
export interface World {
  readonly path: string;
  readonly server: RunningServer;
}

/** Hashes at the ends of int64 and between; the second has no first score. */
export const ROWS: ScoreRows = {
  hashes: BigInt64Array.of(-123n, 5n, 2n ** 63n - 1n, -(2n ** 63n)),
  columns: [Float32Array.of(7.25, Number.NaN, 4.5, 0), Float32Array.of(0.5, 0.25, Number.NaN, 1)],
};

/**
 * Starts a server over a new store of `rows`. It keeps connections for longer than a busy machine takes from one request to the
 * next, or it would close one just as it is used; with `connect` they end with the test, before the server is stopped.
 */
export async function makeWorld(
  t: ExecutionContext,
  options: Partial<ServeOptions> = {},
  rows: ScoreRows = ROWS,
): Promise<World> {
  const path = join(await makeFolder(t), 'scores');
  await build(path, rows);
  const store = await openStore(path);
  const server = await startServer(store, { port: 0, keepAliveMs: 30_000, ...options });
  t.teardown(async () => {
    await server.stop();
    await store.close();
  });
  return { path, server };
}

/** `bowerbird serve` as a process of its own, over a new store of `rows`. */
export async function startProcess(
  t: ExecutionContext,
  rows: ScoreRows,
  ...flags: string[]
): Promise<{ cli: RunningCli; url: string }> {
  const path = join(await makeFolder(t), 'scores');
  await build(path, rows);
  const cli = startCli(['serve', path, '--port', '0', '--json', ...flags]);
  t.teardown(() => cli.process.kill('SIGKILL'));
  const line = await Promise.race([
    once(cli.process.stdout!, 'data').then(([text]) => String(text)),
    cli.ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ]);
  return { cli, url: (JSON.parse(line) as { url: string }).url };
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

export type RequestOptions = Partial<Pick<Dispatcher.RequestOptions, 'method' | 'headers' | 'body'>>;

/** Connections to one server, closed with the test; `connections` at most at a time. */
export function connect(t: ExecutionContext, connections = 4): Agent {
  const agent = new Agent({ connections });
  t.teardown(() => agent.destroy());
  return agent;
}

/** Sends a request and reads its answer. */
export async function ask(
  agent: Dispatcher,
  url: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const { statusCode, headers, body } = await agent.request({ origin: url, path, method: 'GET', ...options });
  const bytes = Buffer.from(await body.arrayBuffer());
  const text = bytes.toString();
  return { status: statusCode, headers, bytes, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `POST /scores` with hashes as JSON. */
export function jsonBody(hashes: Iterable<bigint>): RequestOptions {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hashes: Array.from(hashes, String) }),
  };
}

/** `POST /scores` with hashes as int64. */
export function octetBody(hashes: BigInt64Array, accept?: string): RequestOptions {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', ...(accept && { accept }) },
    body: new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength),
  };
}

/** The code of an answer that is an error. */
export function errorCode({ json }: Answer): string | undefined {
  return (json as { error?: { code: string } } | undefined)?.error?.code;
}
