import { BowerbirdError } from '../base/errors.ts';
import { NoProxy } from './no-proxy.ts';

/** A proxy as the environment names it. */
export interface ProxyServer {
  readonly kind: 'http' | 'https' | 'socks4' | 'socks5';
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** SOCKS: whether the proxy is given names, not addresses. */
  readonly looksUpNames: boolean;
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
  /** `http://proxy.example:3128`, for people: without credentials. */
  readonly shown: string;
}

/** What is asked for. */
export interface ProxyTarget {
  /** `http:` or `https:` */
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number;
}

/** Which proxy of the environment a target is asked through. */
export interface ProxyRules {
  /** undefined where the way is straight. */
  proxyFor(target: ProxyTarget): ProxyServer | undefined;
  /** Whether there are any proxies. */
  readonly hasProxies: boolean;
  /** A sentence for people on each, without credentials. */
  readonly notes: readonly string[];
}

/** Something went wrong between us and the proxy, or between the proxy and the host. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly reason: 'proxy_failed' | 'connect_refused' | 'connect_timeout' | 'connect_failed';

  constructor(reason: ProxyError['reason'], message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

const KINDS: Readonly<
  Record<string, Pick<ProxyServer, 'kind' | 'looksUpNames'> & { readonly port: number }>
> = {
  'http:': { kind: 'http', looksUpNames: true, port: 80 },
  'https:': { kind: 'https', looksUpNames: true, port: 443 },
  'socks:': { kind: 'socks5', looksUpNames: false, port: 1080 },
  'socks4:': { kind: 'socks4', looksUpNames: false, port: 1080 },
  'socks4a:': { kind: 'socks4', looksUpNames: true, port: 1080 },
  'socks5:': { kind: 'socks5', looksUpNames: false, port: 1080 },
  'socks5h:': { kind: 'socks5', looksUpNames: true, port: 1080 },
};

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){3}|::1)\.?$/;

/**
 * Reads http_proxy, https_proxy, all_proxy and no_proxy, in lower case or upper case. A host of this machine itself
 * is never asked through a proxy, whose `localhost` is another.
 *
 * @throws BowerbirdError BB_PROXY for one that cannot be used, without its credentials
 */
export function readProxies(environment: NodeJS.ProcessEnv): ProxyRules {
  const named = (name: string): { name: string; text: string } | undefined => {
    const used = environment[name] === undefined ? name.toUpperCase() : name;
    const text = environment[used]?.trim();
    return text ? { name: used, text } : undefined;
  };
  const all = named('all_proxy');
  const sources = { 'http:': named('http_proxy') ?? all, 'https:': named('https_proxy') ?? all };
  const proxies = new Map<string, ProxyServer>();
  const notes = new Set<string>();
  for (const [protocol, source] of Object.entries(sources)) {
    if (!source) continue;
    const proxy = parseProxy(source.text, source.name);
    proxies.set(protocol, proxy);
    notes.add(`Downloads go through the proxy ${proxy.shown} (${source.name}).`);
  }
  const noProxy = new NoProxy(environment['no_proxy'] ?? environment['NO_PROXY'] ?? '');
  return {
    hasProxies: proxies.size > 0,
    notes: proxies.size > 0 ? [...notes, ...noProxy.unfit.map(unfitNote)] : [],
    proxyFor: ({ protocol, hostname, port }) => {
      const proxy = proxies.get(protocol);
      if (!proxy) return undefined;
      const host = hostname.replace(/^\[|\]$/g, '');
      return LOOPBACK.test(host) || noProxy.covers(host, port) ? undefined : proxy;
    },
  };
}

function unfitNote(part: string): string {
  return `${JSON.stringify(part)} in no_proxy is no name, address or range: it keeps no host from the proxy.`;
}

function parseProxy(text: string, variable: string): ProxyServer {
  const url = parseUrl(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const kind = url && KINDS[url.protocol];
  if (!kind || url.hostname === '') {
    throw new BowerbirdError(
      'BB_PROXY',
      `The proxy of ${variable} cannot be used: it must be http://, https://, socks4://, socks4a://, socks5:// or ` +
        'socks5h://, a host and a port. Change the variable, or unset it to go without.',
      { fields: { variable } },
    );
  }
  const port = url.port === '' ? kind.port : Number(url.port);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const credentials = credentialsOf(url, variable);
  return {
    ...{ kind: kind.kind, looksUpNames: kind.looksUpNames, hostname, port, credentials },
    shown: `${url.protocol}//${url.hostname}:${port}`,
  };
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function credentialsOf({ username, password }: URL, variable: string): ProxyServer['credentials'] {
  if (username === '' && password === '') return undefined;
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch (cause) {
    throw new BowerbirdError(
      'BB_PROXY',
      `User name or password of the proxy of ${variable} have a % that is none of an escape: write it as %25.`,
      { cause, fields: { variable } },
    );
  }
}
