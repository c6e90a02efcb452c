/** Where a sample ended. img2dataset's words, and `failed_to_embed` for the stage that it does not have. */
export type SampleStatus = 'success' | 'failed_to_download' | 'failed_to_resize' | 'failed_to_embed';

/** A status other than success. */
export type FailedStatus = Exclude<SampleStatus, 'success'>;

/** A status as people read it, in the terminal and on pages. img2dataset's `resize` is where an image is decoded. */
export const FAILURE_NAMES = {
  failed_to_download: 'failed to download',
  failed_to_resize: 'failed to decode',
  failed_to_embed: 'failed to embed',
} as const satisfies Record<FailedStatus, string>;

/**
 * Whether what made a row fail may pass. `soon`: within seconds, so that it is worth further attempts at once (`--retries`).
 * `later`: within hours or days, so that a later session is worth one (`--retry-failed`, which takes up `soon`, too).
 * `never`: another try will most likely end as this one did.
 */
export type Passes = 'soon' | 'later' | 'never';

/**
 * Who was heard before a download failed. `host`: the host, whatever it said. `nobody`: the host was asked and said
 * nothing. `no_way`: what leads to it, a name server or a proxy, said nothing or failed. `no_name`: name servers, which say that
 * there is no such name. `unasked`: nobody was asked.
 */
export type Heard = 'host' | 'nobody' | 'no_way' | 'no_name' | 'unasked';

/**
 * What such a failure says of a file that an origin has of its own (robots.txt, tdmrep.json), asked for by RFC 9309, 2.3.1.
 * `absent`: there is none, which are the 4xx, more redirects than need be followed, and files without a byte.
 * `unconnected`: no connection was had. `unknown`: there is one, or may be.
 */
export type OriginFileSign = 'absent' | 'unconnected' | 'unknown';

/** What each reason of the download has to answer. */
interface DownloadTraits {
  readonly passes: Passes;
  readonly heard: Heard;
  readonly file: OriginFileSign;
}

const DOWNLOAD_REASONS = {
  input_not_utf8: { passes: 'never', heard: 'unasked', file: 'unknown' },
  // Once the file is mended.
  input_unreadable: { passes: 'later', heard: 'unasked', file: 'unknown' },
  url_missing: { passes: 'never', heard: 'unasked', file: 'unknown' },
  url_invalid: { passes: 'never', heard: 'unasked', file: 'unknown' },
  url_scheme_unsupported: { passes: 'never', heard: 'unasked', file: 'unknown' },
  address_refused: { passes: 'never', heard: 'unasked', file: 'unconnected' },
  dns_not_found: { passes: 'never', heard: 'no_name', file: 'unconnected' },
  dns_failed: { passes: 'soon', heard: 'no_way', file: 'unconnected' },
  connect_refused: { passes: 'soon', heard: 'nobody', file: 'unconnected' },
  connect_timeout: { passes: 'soon', heard: 'nobody', file: 'unconnected' },
  // No route, no network, no file descriptors left.
  connect_failed: { passes: 'soon', heard: 'nobody', file: 'unconnected' },
  host_unresponsive: { passes: 'later', heard: 'nobody', file: 'unconnected' },
  proxy_failed: { passes: 'soon', heard: 'no_way', file: 'unconnected' },
  tls_failed: { passes: 'never', heard: 'host', file: 'unconnected' },
  timed_out: { passes: 'soon', heard: 'nobody', file: 'unknown' },
  http_not_found: { passes: 'never', heard: 'host', file: 'absent' },
  http_forbidden: { passes: 'never', heard: 'host', file: 'absent' },
  http_too_many_requests: { passes: 'soon', heard: 'host', file: 'absent' },
  http_client_error: { passes: 'never', heard: 'host', file: 'absent' },
  http_server_error: { passes: 'soon', heard: 'host', file: 'unknown' },
  http_unexpected_status: { passes: 'never', heard: 'host', file: 'unknown' },
  redirect_limit: { passes: 'never', heard: 'host', file: 'absent' },
  redirect_invalid: { passes: 'never', heard: 'host', file: 'absent' },
  response_too_large: { passes: 'never', heard: 'host', file: 'unknown' },
  response_invalid: { passes: 'never', heard: 'host', file: 'unknown' },
  response_cut: { passes: 'soon', heard: 'host', file: 'unknown' },
  response_empty: { passes: 'never', heard: 'host', file: 'absent' },
  robots_disallowed: { passes: 'never', heard: 'unasked', file: 'unknown' },
  // Or an error that was answered: which of them is not told, and the rows are tried once more at the most.
  robots_unreachable: { passes: 'later', heard: 'nobody', file: 'unknown' },
  opted_out: { passes: 'never', heard: 'host', file: 'unknown' },
  opted_out_tdm: { passes: 'never', heard: 'host', file: 'unknown' },
  hash_missing: { passes: 'never', heard: 'unasked', file: 'unknown' },
  hash_mismatch: { passes: 'never', heard: 'host', file: 'unknown' },
  // Of images that lie in files.
  image_missing: { passes: 'later', heard: 'unasked', file: 'unknown' },
  file_unreadable: { passes: 'later', heard: 'unasked', file: 'unknown' },
  file_too_large: { passes: 'never', heard: 'unasked', file: 'unknown' },
  file_empty: { passes: 'never', heard: 'unasked', file: 'unknown' },
  member_unsupported: { passes: 'never', heard: 'unasked', file: 'unknown' },
  member_path_invalid: { passes: 'never', heard: 'unasked', file: 'unknown' },
  member_duplicate: { passes: 'never', heard: 'unasked', file: 'unknown' },
  member_cut: { passes: 'never', heard: 'unasked', file: 'unknown' },
  member_damaged: { passes: 'never', heard: 'unasked', file: 'unknown' },
} as const satisfies Record<string, DownloadTraits>;

const DECODE_REASONS = {
  format_unsupported: 'never',
  image_broken: 'never',
  image_too_large: 'never',
  image_side_too_long: 'never',
  aspect_ratio_too_large: 'never',
  image_too_compressed: 'never',
  image_too_small: 'never',
  image_too_many_parts: 'never',
  image_not_encodable: 'never',
  // An overloaded machine, or one that was short of memory.
  decode_timeout: 'later',
  decoder_crashed: 'later',
} as const satisfies Record<string, Passes>;

const EMBED_REASONS = {
  encoder_crashed: 'later',
  encoder_failed: 'later',
  embedding_invalid: 'never',
  embedding_not_unit: 'never',
} as const satisfies Record<string, Passes>;

const OWN_REASONS = { ...DECODE_REASONS, ...EMBED_REASONS };

type DownloadReason = keyof typeof DOWNLOAD_REASONS;

/** One of the closed list of reasons. */
export type FailureReason = DownloadReason | keyof typeof OWN_REASONS;

/**
 * Every reason for which a sample can fail, with the status it leads to. The list is closed: whatever happens
 * to a sample ends as one of these, is counted under it, and docs/formats.md explains it (a test keeps both equal).
 */
export const REASONS: Readonly<Record<FailureReason, FailedStatus>> = {
  ...allAs('failed_to_download', DOWNLOAD_REASONS),
  ...allAs('failed_to_resize', DECODE_REASONS),
  ...allAs('failed_to_embed', EMBED_REASONS),
};

/** A sample that went no further, as a value: failures of a sample are never thrown. */
export interface SampleFailure<Reason extends FailureReason = FailureReason> {
  readonly kind: 'failed';
  readonly reason: Reason;
  /** One line for a person, free of host names and response bodies: `HTTP Error 404: Not Found`. */
  readonly message: string;
  /**
   * Set where the reason alone would not tell: `host` where a host was heard on the way, though a body never came to its end;
   * `unasked` where nobody was asked, since the host wants to be left alone.
   */
  readonly heard?: 'host' | 'unasked';
}

/** The status that a failure leads to. */
export function statusOf(failure: Pick<SampleFailure, 'reason'>): FailedStatus {
  return REASONS[failure.reason];
}

/** Whether a text is one of the closed list of reasons. */
export function isReason(text: string): text is FailureReason {
  return Object.hasOwn(REASONS, text);
}

/** Whether what made a row fail may pass. */
export function passesOf(reason: FailureReason): Passes {
  return isDownloadReason(reason) ? DOWNLOAD_REASONS[reason].passes : OWN_REASONS[reason];
}

/** Who was heard before a row failed; whoever sent an image that came to nothing was. */
export function heardOf({ reason, heard }: Pick<SampleFailure, 'reason' | 'heard'>): Heard {
  if (heard !== undefined) return heard;
  return isDownloadReason(reason) ? DOWNLOAD_REASONS[reason].heard : 'host';
}

/** False where nothing was sent: the host, or all its addresses, had been given up, or wanted to be left alone. */
export function wasAsked({ reason, heard }: SampleFailure): boolean {
  return reason !== 'host_unresponsive' && heard !== 'unasked';
}

/** What a failure to get a file that an origin has of its own says of that file; where nobody was asked, nothing. */
export function originFileSign({ reason, heard }: Pick<SampleFailure, 'reason' | 'heard'>): OriginFileSign {
  if (heard === 'unasked') return 'unconnected';
  return isDownloadReason(reason) ? DOWNLOAD_REASONS[reason].file : 'unknown';
}

function isDownloadReason(reason: FailureReason): reason is DownloadReason {
  return Object.hasOwn(DOWNLOAD_REASONS, reason);
}

function allAs<Reason extends string>(
  status: FailedStatus,
  reasons: Readonly<Record<Reason, unknown>>,
): Record<Reason, FailedStatus> {
  return Object.fromEntries(Object.keys(reasons).map((reason) => [reason, status])) as Record<
    Reason,
    FailedStatus
  >;
}
