import { type Clock, SYSTEM_CLOCK } from '../base/clock.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { AddressWatch } from './address-watch.ts';
import { type AddressRule, addressRule } from './addresses.ts';
import { type Agents, createAgents } from './agent.ts';
import { failed, failureOf } from './failures.ts';
import { rulesByTable, usualRules } from './host-rules.ts';
import { type DownloadSettings, settingsFrom } from './options.ts';
import type { Requester } from './proxied-requests.ts';
import { contentLengthOf, first, type Headers, redirectOf, retryAfterMsOf } from './reply.ts';
import { type NameResolver, resolverOf } from './resolver.ts';
import { requestStream, type StreamedAnswer } from './streamed-answer.ts';
import { RedirectTrail, targetOf } from './targets.ts';
import { userAgent } from './user-agent.ts';

/** A file that is asked for. */
export interface FileRequest {
  /** http or https. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An Authorization header, and the one origin that may see it. */
  readonly authorization?: { readonly origin: string; readonly value: string } | undefined;
}

/** The head of an answer, its redirects followed, and its body to be taken piece by piece. */
export interface FileAnswer {
  readonly status: number;
  /** By lower-case name. */
  header(name: string): string | undefined;
  /** Bytes of the body, where the answer says so. */
  readonly lengthBytes: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** What a redirect on the way said under a header's lower-case name, with the origin that said it; the first counts. */
  saidBefore(name: string): { readonly value: string; readonly origin: string } | undefined;
  /** @throws FileTransferError where it is cut off; the signal's reason */
  pieces(): AsyncIterable<Buffer>;
  /** Leaves the body where it is. */
  drop(): void;
}

/** No answer, or none to its end. */
export class FileTransferError extends Error {
  override readonly name = 'FileTransferError';
  readonly failure: SampleFailure;

  constructor(failure: SampleFailure, cause?: unknown) {
    super(failure.message, { cause });
    this.failure = failure;
  }
}

/** Fetches files of any size: by the guard, the proxies and the certificates that images are fetched by. */
export interface FileClient {
  /** @throws FileTransferError where no answer comes; the signal's reason */
  get(request: FileRequest, signal?: AbortSignal): Promise<FileAnswer>;
  close(): Promise<void>;
}

/** How files are fetched. */
export interface FileClientOptions {
  /** Lets addresses be connected to that are not public. */
  readonly allowPrivateAddresses?: boolean;
  /** An origin that may have such an address, because the user named it. */
  readonly trustedOrigin?: string | undefined;
  /** As in `DownloadOptions`. */
  readonly nameServers?: readonly string[];
  readonly caFile?: string;
  readonly tlsInsecure?: boolean;
  readonly userAgentToken?: string;
  readonly userAgentContact?: string;
}

/** What a client is made of, where it is not to be the usual. */
export interface FileClientParts {
  readonly resolver: NameResolver;
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
}

/** A model is fetched from few hosts, and each answer is worth a wait. */
const LIMITS = {
  connectTimeoutMs: 15_000,
  tlsTimeoutMs: 15_000,
  headersTimeoutMs: 60_000,
  bodyIdleTimeoutMs: 60_000,
} as const;

/** Whoever takes the pieces bounds their sum; this only keeps the HTTP client from a bound of its own. */
const MAX_FILE_BYTES = 2 ** 44;

/** @throws BowerbirdError BB_USAGE, BB_PROXY, BB_CA_FILE */
export function createFileClient(
  options: FileClientOptions,
  parts: Partial<FileClientParts> = {},
): FileClient {
  const { trustedOrigin, ...others } = options;
  const settings = settingsFrom({
    threadCount: 1,
    timeoutMs: LIMITS.headersTimeoutMs,
    ...LIMITS,
    maxBytes: MAX_FILE_BYTES,
    ...others,
  });
  return new HttpFileClient(settings, trustedOrigin, parts);
}

class HttpFileClient implements FileClient {
  readonly #settings: DownloadSettings;
  readonly #trustedOrigin: string | undefined;
  readonly #clock: Clock;
  readonly #resolver: NameResolver;
  readonly #guarded: Agents;
  readonly #trusting: Agents;
  readonly #userAgent: string;

  constructor(
    settings: DownloadSettings,
    trustedOrigin: string | undefined,
    parts: Partial<FileClientParts>,
  ) {
    this.#settings = settings;
    this.#trustedOrigin = trustedOrigin;
    this.#clock = parts.clock ?? SYSTEM_CLOCK;
    this.#resolver = parts.resolver ?? resolverOf(settings);
    const agentsFor = (isAddressAllowed: AddressRule): Agents =>
      createAgents(settings, {
        resolver: this.#resolver,
        isAddressAllowed,
        clock: this.#clock,
        mostRequests: 1,
        isAskedSoon: () => true,
        addresses: new AddressWatch(rulesByTable(usualRules(1), settings.hosts), () => this.#clock.nowMs()),
        environment: parts.environment ?? process.env,
      });
    this.#guarded = agentsFor(addressRule(settings.allowPrivateAddresses));
    this.#trusting = agentsFor(addressRule(true));
    this.#userAgent = userAgent(settings.userAgentToken, settings.userAgentContact);
  }

  async get(request: FileRequest, signal?: AbortSignal): Promise<FileAnswer> {
    const trail = new RedirectTrail(this.#settings.maxRedirects);
    const passed: Passed[] = [];
    let target = targetOf(request.url);
    for (;;) {
      if (target.kind === 'failed') throw new FileTransferError(target);
      const { url } = target;
      const answer = await this.#ask(url, headersFor(url, request, trail), signal);
      const redirect = redirectOf(answer.status, answer.headers);
      if (!redirect) return fileAnswer(answer, passed, signal);
      answer.body.drop();
      passed.push({ origin: url.origin, headers: answer.headers });
      target = trail.next(url, redirect);
      if (target.kind === 'target' && url.protocol === 'https:' && target.url.protocol !== 'https:')
        target = failed('redirect_invalid', 'Redirect from https to http');
    }
  }

  async close(): Promise<void> {
    this.#resolver.close();
    const agents = [this.#guarded, this.#trusting].flatMap(({ strict, lenient }) => [strict, lenient]);
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  async #ask(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<StreamedAnswer> {
    const options = { limits: this.#settings, clock: this.#clock, signal };
    const request = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET' as const,
      headers: { 'user-agent': this.#userAgent, ...headers },
    };
    try {
      return await requestStream(this.#requesterOf(url), request, options);
    } catch (thrown) {
      throw transferError(thrown, 'connect', signal);
    }
  }

  #requesterOf({ origin }: URL): Requester {
    return (origin === this.#trustedOrigin ? this.#trusting : this.#guarded).strict;
  }
}

/** What a redirect said. */
interface Passed {
  readonly origin: string;
  readonly headers: Headers;
}

function headersFor(
  url: URL,
  { headers, authorization }: FileRequest,
  trail: RedirectTrail,
): Readonly<Record<string, string>> {
  const cookie = trail.cookieFor(url);
  return {
    accept: '*/*',
    // Ranges of an encoded body would be ranges of another file.
    'accept-encoding': 'identity',
    ...headers,
    ...(authorization?.origin === url.origin && { authorization: authorization.value }),
    ...(cookie !== undefined && { cookie }),
  };
}

function fileAnswer(
  { status, headers, body }: StreamedAnswer,
  passed: readonly Passed[],
  signal: AbortSignal | undefined,
): FileAnswer {
  return {
    status,
    header: (name) => first(headers[name]),
    lengthBytes: contentLengthOf(headers),
    retryAfterMs: retryAfterMsOf(headers),
    saidBefore: (name) => {
      const speaker = passed.find((each) => each.headers[name] !== undefined);
      return speaker && { value: first(speaker.headers[name])!, origin: speaker.origin };
    },
    pieces: () => piecesOf(body, signal),
    drop: () => body.drop(),
  };
}

async function* piecesOf(
  body: StreamedAnswer['body'],
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  try {
    yield* body.take();
  } catch (thrown) {
    throw transferError(thrown, 'body', signal);
  }
}

function transferError(thrown: unknown, phase: 'connect' | 'body', signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const failure = failureOf(thrown, phase);
  const told =
    failure.reason === 'response_cut'
      ? failed('response_cut', 'The connection closed before the whole file arrived')
      : failure;
  return new FileTransferError(told, thrown);
}
