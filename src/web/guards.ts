import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { WebError } from './http-error.ts';

/*
 * Who may ask the server of a local page. A browser that runs on the same machine is no proof of anything: any page that it
 * shows can send requests to loopback, and any user of the machine can. So each request is held against three things: the name
 * that it was sent to, the page that sent it, and a token that only the printed address has.
 */

/** What the guards look at. */
export interface GuardedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The token in the address, where there is one. */
  readonly givenToken: string | null;
}

/** What a server lets in. */
export interface Gate {
  readonly token: string;
  /** The cookie that carries the token once the page was opened: of this server alone, though all ports of a host share cookies. */
  readonly cookieName: string;
  /** Names by which the server may be called, beside addresses and `localhost`. */
  readonly names: readonly string[];
}

const TOKEN_BYTES = 24;

/**
 * A gate that opens to a token: the one that is given, or one that nobody guesses.
 *
 * @param names by which the server may be called, beside addresses and `localhost`
 */
export function gateOf(names: readonly string[], given: string | undefined): Gate {
  const token = given ?? randomBytes(TOKEN_BYTES).toString('base64url');
  return { token, names, cookieName: `bowerbird_${digestOf(token).toString('hex').slice(0, 12)}` };
}

/**
 * Lets a request pass, or not.
 *
 * @throws WebError BB_HTTP_ORIGIN, BB_HTTP_UNAUTHORIZED
 */
export function admit(request: GuardedRequest, gate: Gate): void {
  const { host } = request.headers;
  if (typeof host !== 'string' || !isOwnName(host, gate.names)) {
    throw new WebError(
      'BB_HTTP_ORIGIN',
      'This server is asked under a name that is not its own. Open the address that was printed.',
    );
  }
  if (!isFromOwnPage(request, host)) {
    throw new WebError(
      'BB_HTTP_ORIGIN',
      'Another page sent this request, and this server answers its own alone.',
    );
  }
  if (isToken(request.givenToken, gate) || isToken(cookieOf(request, gate.cookieName), gate)) return;
  throw new WebError(
    'BB_HTTP_UNAUTHORIZED',
    'The token is missing or wrong. Open the address that was printed, with all that stands behind the question mark.',
  );
}

/** The header that has a browser send the token from now on, to this server and for its own pages alone. */
export function cookieHeader({ cookieName, token }: Gate): string {
  return `${cookieName}=${token}; Path=/; HttpOnly; SameSite=Strict`;
}

/**
 * Whether a Host header names this server. A page that has its own name lead to this machine (DNS rebinding) sends that name; an
 * address cannot be made to lead elsewhere, so every address passes, with every port: tunnels have their own.
 */
function isOwnName(host: string, names: readonly string[]): boolean {
  const name = host.replace(/:\d*$/, '').toLowerCase();
  if (isIP(name) === 4 || (/^\[.*\]$/.test(name) && isIP(name.slice(1, -1)) === 6)) return true;
  return name === 'localhost' || names.some((own) => own.toLowerCase() === name);
}

/** What browsers say of the page behind a request; other programs say nothing, and have the token to show. */
function isFromOwnPage({ method, path, headers }: GuardedRequest, host: string): boolean {
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return true;
  // A link to the page itself, in a mail or a notebook.
  return method === 'GET' && path === '/' && headers['sec-fetch-dest'] === 'document';
}

function cookieOf({ headers }: GuardedRequest, name: string): string | null {
  const pairs = String(headers['cookie'] ?? '').split(/;\s*/);
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

/** In the same time, wherever the two differ. */
function isToken(given: string | null, { token }: Gate): boolean {
  return given !== null && timingSafeEqual(digestOf(given), digestOf(token));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
