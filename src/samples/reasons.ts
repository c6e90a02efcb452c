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
 * Every reason for which a sample can fail, with the status it leads to. The list is closed: whatever happens
 * to a sample ends as one of these, is counted under it, and docs/formats.md explains it (a test keeps both equal).
 */
export const REASONS = {
  input_not_utf8: 'failed_to_download',
  input_unreadable: 'failed_to_download',
  url_missing: 'failed_to_download',
  url_invalid: 'failed_to_download',
  url_scheme_unsupported: 'failed_to_download',
  address_refused: 'failed_to_download',
  dns_not_found: 'failed_to_download',
  dns_failed: 'failed_to_download',
  connect_refused: 'failed_to_download',
  connect_timeout: 'failed_to_download',
  connect_failed: 'failed_to_download',
  host_unresponsive: 'failed_to_download',
  proxy_failed: 'failed_to_download',
  tls_failed: 'failed_to_download',
  timed_out: 'failed_to_download',
  http_not_found: 'failed_to_download',
  http_forbidden: 'failed_to_download',
  http_too_many_requests: 'failed_to_download',
  http_client_error: 'failed_to_download',
  http_server_error: 'failed_to_download',
  http_unexpected_status: 'failed_to_download',
  redirect_limit: 'failed_to_download',
  redirect_invalid: 'failed_to_download',
  response_too_large: 'failed_to_download',
  response_invalid: 'failed_to_download',
  response_cut: 'failed_to_download',
  response_empty: 'failed_to_download',
  robots_disallowed: 'failed_to_download',
  robots_unreachable: 'failed_to_download',
  opted_out: 'failed_to_download',
  opted_out_tdm: 'failed_to_download',
  format_unsupported: 'failed_to_resize',
  image_broken: 'failed_to_resize',
  image_too_large: 'failed_to_resize',
  image_side_too_long: 'failed_to_resize',
  aspect_ratio_too_large: 'failed_to_resize',
  image_too_compressed: 'failed_to_resize',
  image_too_small: 'failed_to_resize',
  image_too_many_parts: 'failed_to_resize',
  decode_timeout: 'failed_to_resize',
  decoder_crashed: 'failed_to_resize',
  encoder_crashed: 'failed_to_embed',
  encoder_failed: 'failed_to_embed',
  embedding_invalid: 'failed_to_embed',
  embedding_not_unit: 'failed_to_embed',
} as const satisfies Record<string, FailedStatus>;

/** One of the closed list of reasons. */
export type FailureReason = keyof typeof REASONS;

/** A sample that went no further, as a value: failures of a sample are never thrown. */
export interface SampleFailure<Reason extends FailureReason = FailureReason> {
  readonly kind: 'failed';
  readonly reason: Reason;
  /** One line for a person, free of host names and response bodies: `HTTP Error 404: Not Found`. */
  readonly message: string;
}

/** The status that a failure leads to. */
export function statusOf(failure: Pick<SampleFailure, 'reason'>): FailedStatus {
  return REASONS[failure.reason];
}
