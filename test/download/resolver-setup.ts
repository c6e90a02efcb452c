import type { ExecutionContext } from 'ava';
import { CachingResolver, type NameError, type ResolverOptions } from '../../src/download/resolver.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type NameServer, type NameServerOptions, startNameServer } from '../helpers/name-server.ts';

export interface Started {
  readonly server: NameServer;
  readonly resolver: CachingResolver;
  readonly clock: ManualClock;
}

/** A resolver that asks a name server of the test, by a clock of the test. */
export async function start(
  t: ExecutionContext,
  options: Partial<ResolverOptions> & Partial<NameServerOptions> = {},
): Promise<Started> {
  const server = await startServer(t, options);
  const clock = new ManualClock();
  const families = ['A'] as const;
  const resolver = new CachingResolver({
    ...{ timeoutMs: 4000, servers: [server.address], families, clock },
    ...options,
  });
  t.teardown(() => resolver.close());
  return { server, resolver, clock };
}

export async function startServer(
  t: ExecutionContext,
  options: Partial<NameServerOptions> = {},
): Promise<NameServer> {
  const server = await startNameServer({ ttlS: 60, ...options });
  t.teardown(() => server.close());
  return server;
}

/** The kind of the NameError that an answer ends with. */
export async function kindOf(t: ExecutionContext, answer: Promise<unknown>): Promise<string | undefined> {
  return (await t.throwsAsync<NameError>(answer))?.kind;
}

/** A quarter of three quarters of 4000: after it, the next try. */
export const PATIENCE_MS = 750;
