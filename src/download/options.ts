import { BowerbirdError } from '../base/errors.ts';
import { requireDnsServer } from './dns-servers.ts';
import type { HostTable } from './host-rules.ts';
import { isContact } from './user-agent.ts';

/** How images are fetched. Times in milliseconds, sizes in bytes. */
export interface DownloadOptions {
  /** Requests in flight, for which the process must be able to open files; `auto`: as many as turn out to make sense. */
  readonly threadCount: number | 'auto';
  /** For one image, over all its redirects and retries. 10000 where not given. */
  readonly timeoutMs?: number;
  /** For one connection, name resolution included. Four tenths of `timeoutMs` where not given. */
  readonly connectTimeoutMs?: number;
  /** For the TLS handshake of a connection. Three tenths of `timeoutMs` where not given. */
  readonly tlsTimeoutMs?: number;
  /** For the head of an answer, once it is asked for. Seven tenths of `timeoutMs` where not given. */
  readonly headersTimeoutMs?: number;
  /** For the longest pause within a body. Half of `timeoutMs` where not given. */
  readonly bodyIdleTimeoutMs?: number;
  /** Further attempts after the first, for failures that may pass. 0 where not given. */
  readonly retries?: number;
  /** Larger images are refused. 20 MiB where not given. */
  readonly maxBytes?: number;
  /** All bodies together, from their headers until `release`. 256 MiB where not given. */
  readonly maxBytesInFlight?: number;
  /** Names the crawl in the User-Agent; X-Robots-Tag directives addressed to it count as addressed to us. */
  readonly userAgentToken?: string;
  /** Where the owner of a host finds out more, as `isContact` has it; also in the User-Agent. None where empty or not given. */
  readonly userAgentContact?: string;
  /** X-Robots-Tag directives that opt an image out; none given switches the check off. */
  readonly disallowedHeaderDirectives?: readonly string[];
  /** Whether URLs are asked for only where the origin's robots.txt allows it. Not where not given. */
  readonly obeysRobots?: boolean;
  /** Whether `tdm-reservation: 1` opts an image out. It does where not given. */
  readonly obeysTdm?: boolean;
  /** Lets loopback, private, link-local and other addresses that are not public be connected to. */
  readonly allowPrivateAddresses?: boolean;
  /** 10 where not given. */
  readonly maxRedirects?: number;
  /** Name servers, as `parseDnsServer` reads them, asked in turn when one fails; the system's where none is given. */
  readonly nameServers?: readonly string[];
  /** A PEM file of certificates that are believed beside the usual ones; '' where not given. */
  readonly caFile?: string;
  /** Believes every certificate. */
  readonly tlsInsecure?: boolean;
  /** Requests in flight to one host; no bound where not given. */
  readonly perHost?: number;
  /** Rules of some hosts, in the place of the usual ones. */
  readonly hosts?: HostTable;
}

/** Options with every default filled in. */
export type DownloadSettings = Required<DownloadOptions>;

/**
 * The parts of an image's time that its stages may take. Two connections and the pause between them fit into the whole,
 * so that a host which cannot be connected to is told as that; the three SYNs that Linux sends in 3 s fit into four
 * tenths of the usual 10 s; and a host that takes long to begin has most of the time.
 */
const SHARES = {
  connectTimeoutMs: 0.4,
  tlsTimeoutMs: 0.3,
  headersTimeoutMs: 0.7,
  bodyIdleTimeoutMs: 0.5,
} as const;

const DEFAULT_DIRECTIVES = ['noai', 'noimageai', 'noindex', 'noimageindex', 'none', 'noml'] as const;

/** What may stand in the User-Agent's comment, before the colon of an X-Robots-Tag and as a name in robots.txt, which ends at a slash. */
const TOKEN_PATTERN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

const POSITIVE_OPTIONS = [
  'timeoutMs',
  'connectTimeoutMs',
  'tlsTimeoutMs',
  'headersTimeoutMs',
  'bodyIdleTimeoutMs',
  'maxBytes',
  'maxBytesInFlight',
] as const;

/**
 * Fills in the defaults and checks the values.
 *
 * @throws BowerbirdError BB_USAGE naming the option that is out of its range.
 */
export function settingsFrom(options: DownloadOptions): DownloadSettings {
  const { timeoutMs = 10_000 } = options;
  const share = (name: keyof typeof SHARES): number => Math.max(1, Math.round(SHARES[name] * timeoutMs));
  const settings: DownloadSettings = {
    threadCount: options.threadCount,
    timeoutMs,
    connectTimeoutMs: options.connectTimeoutMs ?? share('connectTimeoutMs'),
    tlsTimeoutMs: options.tlsTimeoutMs ?? share('tlsTimeoutMs'),
    headersTimeoutMs: options.headersTimeoutMs ?? share('headersTimeoutMs'),
    bodyIdleTimeoutMs: options.bodyIdleTimeoutMs ?? share('bodyIdleTimeoutMs'),
    retries: options.retries ?? 0,
    maxBytes: options.maxBytes ?? 20 * 1024 * 1024,
    maxBytesInFlight: options.maxBytesInFlight ?? 256 * 1024 * 1024,
    userAgentToken: options.userAgentToken ?? 'bowerbird',
    userAgentContact: options.userAgentContact ?? '',
    disallowedHeaderDirectives: options.disallowedHeaderDirectives ?? DEFAULT_DIRECTIVES,
    obeysRobots: options.obeysRobots ?? false,
    obeysTdm: options.obeysTdm ?? true,
    allowPrivateAddresses: options.allowPrivateAddresses ?? false,
    maxRedirects: options.maxRedirects ?? 10,
    nameServers: options.nameServers ?? [],
    caFile: options.caFile ?? '',
    tlsInsecure: options.tlsInsecure ?? false,
    perHost: options.perHost ?? Number.POSITIVE_INFINITY,
    hosts: options.hosts ?? new Map(),
  };
  if (settings.threadCount !== 'auto') requireWhole('threadCount', settings.threadCount, 1);
  for (const name of POSITIVE_OPTIONS) requireWhole(name, settings[name], 1);
  for (const name of ['retries', 'maxRedirects'] as const) requireWhole(name, settings[name], 0);
  if (settings.perHost !== Number.POSITIVE_INFINITY) requireWhole('perHost', settings.perHost, 1);
  settings.nameServers.forEach(requireDnsServer);
  if (!TOKEN_PATTERN.test(settings.userAgentToken)) {
    throw new BowerbirdError(
      'BB_USAGE',
      `The user agent token "${settings.userAgentToken}" cannot stand in a header or as a name in robots.txt: use letters, digits and ._-`,
      { fields: { option: 'userAgentToken' } },
    );
  }
  if (settings.userAgentContact !== '' && !isContact(settings.userAgentContact)) {
    throw new BowerbirdError(
      'BB_USAGE',
      `The contact "${settings.userAgentContact}" is neither a mail address nor the http(s) URL of a page, of at most 200 ` +
        'plain characters without blanks and parentheses (--user-agent-contact).',
      { fields: { option: 'userAgentContact' } },
    );
  }
  return settings;
}

function requireWhole(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new BowerbirdError('BB_USAGE', `${option} is ${value}: it must be a whole number from ${least}`, {
    fields: { option, value },
  });
}
