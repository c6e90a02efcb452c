import { STATUS_CODES } from 'node:http';
import { codeOf } from '../base/errors.ts';
import { type FailureReason, heardOf, type SampleFailure } from '../samples/reasons.ts';
import { AddressGivenUpError } from './address-watch.ts';
import { AddressRefusedError } from './addresses.ts';
import { DeadlinePassedError, type Limit, LimitPassedError } from './deadline.ts';
import { BrokenHeadError } from './head-mender.ts';
import { ProxyError } from './proxies.ts';
import { NameError } from './resolver.ts';

/** How far an exchange had come when it failed: the same reset means different things before and in a body. */
export type Phase = 'connect' | 'body';

/** One line per reason; img2dataset's words where it has some. */
const MESSAGES = {
  url_missing: 'No URL',
  url_invalid: 'Not a valid URL',
  url_scheme_unsupported: 'Only http and https URLs are downloaded',
  address_refused: 'The host has no public address',
  dns_not_found: 'Name or service not known',
  dns_failed: 'Temporary failure in name resolution',
  connect_refused: 'Connection refused',
  connect_timeout: 'timed out: no connection',
  connect_failed: 'Connection failed',
  host_unresponsive: 'The host does not answer: not asked',
  proxy_failed: 'The proxy cannot be reached',
  tls_failed: 'TLS connection failed',
  timed_out: 'timed out',
  http_too_many_requests: 'The host wants fewer requests: not asked',
  redirect_limit: 'Too many redirects',
  redirect_invalid: 'Redirect to no valid http or https URL',
  response_too_large: 'The image is larger than the limit',
  response_invalid: 'The response is not valid HTTP',
  response_cut: 'The connection closed before the whole image arrived',
  response_empty: 'The response is empty',
  opted_out: 'Use of image disallowed by X-Robots-Tag directive',
  robots_disallowed: 'Disallowed by robots.txt',
  robots_unreachable: 'robots.txt could not be read, which disallows all',
  opted_out_tdm: 'Use of image reserved by TDM-Reservation',
} as const satisfies Partial<Record<FailureReason, string>>;

type DownloadReason = keyof typeof MESSAGES;

/** A failure with its usual message, or with one that says it more exactly. */
export function failed(reason: DownloadReason, message: string = MESSAGES[reason]): SampleFailure {
  return { kind: 'failed', reason, message };
}

/** The failure of a row that is not asked for, since its host wants to be left alone. */
export function notAskedNow(reason: DownloadReason, message?: string): SampleFailure {
  return { ...failed(reason, message), heard: 'unasked' };
}

/** A host that answered and never came to an end was heard: that the network is there need not be asked. */
export function asHeard(failure: SampleFailure, hasAnswer: boolean): SampleFailure {
  return hasAnswer && heardOf(failure) !== 'host' ? { ...failure, heard: 'host' } : failure;
}

/** The failure for a status other than 200: `HTTP Error 404: Not Found`, never in the host's own words. */
export function statusFailure(status: number): SampleFailure {
  const phrase = STATUS_CODES[status];
  const message = phrase ? `HTTP Error ${status}: ${phrase}` : `HTTP Error ${status}`;
  return { kind: 'failed', reason: statusReason(status), message };
}

function statusReason(status: number): FailureReason {
  if (status === 404 || status === 410) return 'http_not_found';
  if (status === 403) return 'http_forbidden';
  if (status === 429) return 'http_too_many_requests';
  if (status >= 400 && status < 500) return 'http_client_error';
  if (status >= 500 && status < 600) return 'http_server_error';
  return 'http_unexpected_status';
}

/** Codes of Node, OpenSSL and undici, and what they say about a sample. The rest is judged by `reasonOf`. */
const REASON_OF_CODE: Readonly<Record<string, DownloadReason>> = {
  ECONNREFUSED: 'connect_refused',
  ETIMEDOUT: 'connect_timeout',
  UND_ERR_HEADERS_OVERFLOW: 'response_invalid',
  UND_ERR_INVALID_ARG: 'url_invalid',
  EPROTO: 'tls_failed',
  // What undici takes for granted in a head, and then finds otherwise.
  ERR_ASSERTION: 'response_invalid',
};

/** OpenSSL's verification errors and Node's TLS errors: CERT_HAS_EXPIRED, ERR_SSL_..., DEPTH_ZERO_SELF_SIGNED_CERT. */
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_)/;

/** undici's words, under its general socket error, for an answer that breaks the protocol. */
const BROKEN_PROTOCOL = /^bad (response|upgrade)$/;

/** A body that is not as long as announced; in a head, whatever else is wrong after a Content-Length. */
const LENGTH_MISMATCH = 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';

/** What a limit that has passed says of the host. The words start as img2dataset's. */
const FAILURE_OF_LIMIT = {
  connect: failed('connect_timeout', 'timed out: no connection'),
  tls: failed('connect_timeout', 'timed out: no TLS handshake'),
  head: failed('timed_out', 'timed out: no answer'),
  idle: failed('timed_out', 'timed out: the body came to a halt'),
} as const satisfies Record<Limit, SampleFailure>;

/** Whatever was thrown while an image was fetched, as a failure: nothing is left to be an exception. */
export function failureOf(thrown: unknown, phase: Phase): SampleFailure {
  if (thrown instanceof LimitPassedError) return FAILURE_OF_LIMIT[thrown.limit];
  if (thrown instanceof AddressGivenUpError) return failed('host_unresponsive', thrown.message);
  if (thrown instanceof ProxyError) return failed(thrown.reason, thrown.message);
  return failed(reasonOf(thrown, phase));
}

function reasonOf(thrown: unknown, phase: Phase): DownloadReason {
  if (thrown instanceof DeadlinePassedError) return 'timed_out';
  if (thrown instanceof AddressRefusedError) return 'address_refused';
  if (thrown instanceof NameError) return thrown.kind === 'not_found' ? 'dns_not_found' : 'dns_failed';
  if (!(thrown instanceof Error)) return phase === 'body' ? 'response_invalid' : 'connect_failed';
  const code = codeOf(thrown) ?? '';
  if (code === 'UND_ERR_SOCKET' && BROKEN_PROTOCOL.test(thrown.message)) return 'response_invalid';
  if (thrown.name === 'HTTPParserError' || thrown instanceof BrokenHeadError) return 'response_invalid';
  if (code === LENGTH_MISMATCH) return phase === 'body' ? 'response_cut' : 'response_invalid';
  const reason = REASON_OF_CODE[code] ?? (TLS_CODE.test(code) ? 'tls_failed' : closedReason(phase));
  // Within a body TLS has not failed: what came was not what was sent.
  return phase === 'body' && reason === 'tls_failed' ? 'response_cut' : reason;
}

/** Codes of a connection that the other end refused or ended: Node's, and undici's for all that is not about HTTP. */
const HUNG_UP = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'UND_ERR_SOCKET']);

/** Whether the other end refused or ended the connection, whatever was sent before. */
export function hasHungUp(thrown: unknown): boolean {
  return (
    thrown instanceof Error && HUNG_UP.has(codeOf(thrown) ?? '') && !BROKEN_PROTOCOL.test(thrown.message)
  );
}

/** Resets, closed connections and everything unheard of. */
function closedReason(phase: Phase): DownloadReason {
  return phase === 'body' ? 'response_cut' : 'connect_failed';
}
