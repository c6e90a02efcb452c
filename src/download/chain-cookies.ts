import { parseSetCookie } from 'cookie';

interface Kept {
  readonly value: string;
  readonly path: string;
  readonly isSecure: boolean;
}

/** What is sent to one host; hosts refuse longer headers. */
const MAX_HEADER_CHARS = 8 * 1024;

/** What may stand in a header, but for what separates cookies. */
const SENDABLE = /^[\x20-\x3a\x3c-\x7e\x80-\xff]*$/;

/**
 * The cookies of one chain of redirects: hosts that set one and redirect to themselves look whether it comes back. Each goes
 * back to the very host that set it, whatever `Domain` says, and none outlives the chain. So no list of public suffixes
 * is needed, which is most of what a cookie jar weighs.
 */
export class ChainCookies {
  readonly #byHost = new Map<string, Map<string, Kept>>();

  /** Notes what an answer of `url` sets. */
  note(url: URL, lines: readonly string[]): void {
    for (const line of lines) this.#noteOne(url, line);
  }

  /** The Cookie header for a request; undefined for none. */
  headerFor(url: URL): string | undefined {
    let header = '';
    for (const [name, cookie] of this.#byHost.get(url.hostname) ?? []) {
      if (cookie.isSecure && url.protocol !== 'https:') continue;
      if (!isUnder(url.pathname, cookie.path)) continue;
      const longer = `${header}${header && '; '}${name}=${cookie.value}`;
      if (longer.length <= MAX_HEADER_CHARS) header = longer;
    }
    return header || undefined;
  }

  #noteOne(url: URL, line: string): void {
    const {
      name,
      value = '',
      path,
      secure = false,
      maxAge,
      expires,
    } = parseSetCookie(line, { decode: String });
    if (name === '' || !SENDABLE.test(name) || !SENDABLE.test(value)) return;
    const cookies = this.#byHost.get(url.hostname) ?? new Map<string, Kept>();
    this.#byHost.set(url.hostname, cookies);
    if ((maxAge !== undefined && maxAge <= 0) || (expires && expires.getTime() <= Date.now())) {
      cookies.delete(name);
    } else {
      cookies.set(name, {
        value,
        path: path?.startsWith('/') ? path : folderOf(url.pathname),
        isSecure: secure,
      });
    }
  }
}

/** RFC 6265, 5.1.4: the default path. */
function folderOf(pathname: string): string {
  return pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')));
}

function isUnder(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}
