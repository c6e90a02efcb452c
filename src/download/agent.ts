import { Agent } from 'undici';
import type { Clock } from '../base/clock.ts';
import type { AddressRule } from './addresses.ts';
import { guardedConnector } from './connector.ts';
import type { DownloadSettings } from './options.ts';
import type { NameResolver } from './resolver.ts';

/** undici would follow a host's hint for up to 600 s, and idle connections use up the file descriptors. */
const KEEP_ALIVE_MS = 1_000;

const MAX_HEADER_BYTES = 16 * 1024;

/**
 * The one connection pool. It has no bound per origin: a bounded pool queues where nobody sees it, and while a
 * request waits there its time runs. `hosts.ts` bounds requests per host instead.
 */
export function createAgent(
  settings: DownloadSettings,
  resolver: NameResolver,
  isAllowed: AddressRule,
  clock: Clock,
): Agent {
  return new Agent({
    connect: guardedConnector(settings, resolver, isAllowed, clock),
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // What an answer may take is measured by exchange.ts.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    maxResponseSize: settings.maxBytes,
  });
}
