import { isIP } from 'node:net';
import { DEFAULT_OPTIONS, type ServeOptions } from '../serve/options.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';
import { PAGE_CHECKS_FLAG } from './store-flags.ts';

const TOKEN_VARIABLE = 'BOWERBIRD_TOKEN';
const MAX_PORT = 65_535;
/** The event loop parses and looks up a request's hashes in one go: a million take about a second. */
const MOST_HASHES = 1_000_000;
const MAX_SECONDS = 3600;

/** The flags of `bowerbird serve`. */
export const SERVE_FLAGS: FlagTable = {
  ...PAGE_CHECKS_FLAG,
  host: {
    group: 'Address:',
    type: 'string',
    default: DEFAULT_OPTIONS.host,
    describe: 'Address to listen on; other than loopback it needs a token',
  },
  port: {
    group: 'Address:',
    type: 'integer',
    min: 0,
    max: MAX_PORT,
    default: DEFAULT_OPTIONS.port,
    describe: 'Port; 0 takes any that is free',
  },
  token: {
    group: 'Access:',
    type: 'string',
    describe: `Bearer token that requests need; better given as ${TOKEN_VARIABLE}, which process lists do not show`,
  },
  'allow-anonymous': {
    group: 'Access:',
    type: 'boolean',
    default: false,
    describe: 'Listen beyond loopback without a token',
  },
  'cors-origin': {
    group: 'Access:',
    type: 'list',
    describe: 'Origins whose web pages may read answers: `https://example.org`, or an asterisk for any',
  },
  'trust-proxy': {
    group: 'Access:',
    type: 'list',
    describe: 'Addresses or networks of proxies whose X-Forwarded-For is believed',
  },
  'rate-limit': {
    group: 'Limits:',
    type: 'integer',
    min: 0,
    default: DEFAULT_OPTIONS.rateLimit,
    describe: 'Requests a minute from one address; 0: no limit',
  },
  'max-hashes': {
    group: 'Limits:',
    type: 'integer',
    min: 1,
    max: MOST_HASHES,
    default: DEFAULT_OPTIONS.maxHashes,
    describe: 'Hashes in one request; bodies are bounded accordingly',
  },
  'request-timeout': {
    group: 'Limits:',
    type: 'number',
    min: 0.1,
    max: MAX_SECONDS,
    default: DEFAULT_OPTIONS.requestTimeoutMs / 1000,
    describe: 'Seconds for a request to arrive whole',
  },
  'max-lag-ms': {
    group: 'Limits:',
    type: 'integer',
    min: 0,
    default: DEFAULT_OPTIONS.maxLagMs,
    describe: 'Answer 503 while the event loop is late by more milliseconds than this; 0: never',
  },
  'drain-delay': {
    group: 'Stopping:',
    type: 'number',
    min: 0,
    max: MAX_SECONDS,
    default: DEFAULT_OPTIONS.drainDelayMs / 1000,
    describe: 'Seconds between SIGTERM, when /readyz turns to 503, and the closing of the port',
  },
  log: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'A line of JSON on stderr for each request',
  },
  json: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Print the address as a line of JSON on stdout',
  },
};

/**
 * What the flags and the environment say.
 *
 * @throws BowerbirdError BB_USAGE
 */
export function serveOptions(values: FlagValues, environment: NodeJS.ProcessEnv): Partial<ServeOptions> {
  const host = values['host'] as string;
  const token = (values['token'] as string | undefined) ?? environment[TOKEN_VARIABLE];
  if (token !== undefined && !/^[\w.~+/-]{8,}=*$/.test(token)) {
    throw usageError(
      `The token (--token or ${TOKEN_VARIABLE}) needs at least 8 letters, digits or - . _ ~ + /, for a header carries it.`,
    );
  }
  if (token === undefined && !isLoopback(host) && values['allow-anonymous'] !== true) {
    throw usageError(
      `--host ${host} can be reached from other machines, and there is no token. Set ${TOKEN_VARIABLE}, or say --allow-anonymous.`,
    );
  }
  return {
    host,
    port: values['port'] as number,
    ...(token !== undefined && { token }),
    corsOrigins: ((values['cors-origin'] as string[] | undefined) ?? []).map(checkOrigin),
    trustedProxies: ((values['trust-proxy'] as string[] | undefined) ?? []).map(checkProxy),
    rateLimit: values['rate-limit'] as number,
    maxHashes: values['max-hashes'] as number,
    requestTimeoutMs: Math.round(1000 * (values['request-timeout'] as number)),
    maxLagMs: values['max-lag-ms'] as number,
    drainDelayMs: Math.round(1000 * (values['drain-delay'] as number)),
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function checkOrigin(origin: string): string {
  if (origin === '*') return origin;
  const parsed = URL.canParse(origin) ? new URL(origin).origin : undefined;
  if (parsed === origin) return origin;
  const hint = parsed === undefined || parsed === 'null' ? 'https://example.org' : parsed;
  throw usageError(`--cors-origin ${origin} is no origin: scheme, host and port alone, as in ${hint}.`);
}

function checkProxy(network: string): string {
  const [address = '', bits, ...rest] = network.split('/');
  const maxBits = isIP(address) === 6 ? 128 : 32;
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= maxBits);
  if (isIP(address) !== 0 && fits && rest.length === 0) return network;
  throw usageError(`--trust-proxy ${network} is no address or network, as in 10.0.0.0/8.`);
}
