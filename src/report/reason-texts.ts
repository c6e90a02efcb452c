/** A reason of failure in words: what it means, and what the user can do. */
export interface ReasonText {
  readonly meaning: string;
  readonly advice: string;
}

const LINK_ROT = 'Link rot: nothing to do.';
const RETRY_LATER = 'Often passes: run again with --retry-failed.';

const TEXTS: Readonly<Record<string, ReasonText>> = {
  input_not_utf8: {
    meaning: 'A text of the row, in a Parquet input, is not UTF-8.',
    advice: 'Write the column anew as UTF-8 if there are many.',
  },
  input_unreadable: {
    meaning: 'The input is damaged where the row stands.',
    advice: 'Fetch the file again, then run with --retry-failed.',
  },
  url_missing: {
    meaning: 'The row has no URL.',
    advice: 'Check --url-col if there are many.',
  },
  url_invalid: {
    meaning: 'The URL cannot be read as one.',
    advice: 'Check --url-col and the shard if there are many.',
  },
  url_scheme_unsupported: {
    meaning: 'The URL is neither http nor https.',
    advice: 'Nothing to do: other schemes are not fetched.',
  },
  address_refused: {
    meaning: 'The host is at a private, loopback or link-local address.',
    advice:
      'If the host is yours: --allow-private-addresses with --retry-failed --retry-reasons address_refused.',
  },
  dns_not_found: {
    meaning: 'The host name does not exist.',
    advice: 'Link rot, if few. If nearly all rows fail so, check the network and its name server.',
  },
  dns_failed: {
    meaning: 'The name server gave no answer.',
    advice: 'Use a local caching resolver, then --retry-failed.',
  },
  connect_refused: {
    meaning: 'The host refused the connection.',
    advice: RETRY_LATER,
  },
  connect_timeout: {
    meaning: 'The host did not accept a connection in time.',
    advice: 'If there are many, lower --thread-count, then --retry-failed.',
  },
  connect_failed: {
    meaning: 'The connection failed or broke.',
    advice: RETRY_LATER,
  },
  host_unresponsive: {
    meaning: 'The host had left other rows without a whole answer, so this one was not asked for.',
    advice: RETRY_LATER,
  },
  proxy_failed: {
    meaning: 'The proxy could not be reached, or refused.',
    advice: 'Look at http_proxy, https_proxy and all_proxy, then use --retry-failed.',
  },
  tls_failed: {
    meaning: 'No secure connection: the certificate or the protocol is bad.',
    advice: 'Nothing to do: certificates are always checked.',
  },
  timed_out: {
    meaning: 'The host did not answer in time, its image came to a halt, or was not complete in time.',
    advice: 'Raise --timeout or lower --thread-count, then --retry-failed.',
  },
  http_not_found: {
    meaning: 'The image is gone (404 or 410).',
    advice: LINK_ROT,
  },
  http_forbidden: {
    meaning: 'The host does not want to give the image to us (403).',
    advice: 'Nothing to do: respect it.',
  },
  http_too_many_requests: {
    meaning:
      'The host asks for fewer requests (429), or wanted to be left alone when it was the turn of the row.',
    advice: 'Lower --per-host, then --retry-failed later.',
  },
  http_client_error: {
    meaning: 'The host refused the request (another 4xx status).',
    advice: 'Nothing to do.',
  },
  http_server_error: {
    meaning: 'The host failed (a 5xx status).',
    advice: RETRY_LATER,
  },
  http_unexpected_status: {
    meaning: 'The host answered with a status that brings no image.',
    advice: 'Nothing to do.',
  },
  redirect_limit: {
    meaning: 'Too many redirects, or a loop.',
    advice: LINK_ROT,
  },
  redirect_invalid: {
    meaning: 'A redirect leads to no URL that may be fetched.',
    advice: LINK_ROT,
  },
  response_too_large: {
    meaning: 'The file is larger than the byte limit of one image.',
    advice: 'A run with a larger --max-bytes takes such files.',
  },
  response_invalid: {
    meaning: 'The answer is not valid HTTP, or its encoding is broken.',
    advice: 'Nothing to do.',
  },
  response_cut: {
    meaning: 'The connection ended before the file did.',
    advice: RETRY_LATER,
  },
  response_empty: {
    meaning: 'The answer has no bytes.',
    advice: LINK_ROT,
  },
  robots_disallowed: {
    meaning: 'The robots.txt of the host disallows the URL.',
    advice: 'Nothing to do: respect it.',
  },
  robots_unreachable: {
    meaning: 'The host has no robots.txt to give, but an error or silence, which disallows all.',
    advice: RETRY_LATER,
  },
  opted_out: {
    meaning: 'The host asks with X-Robots-Tag not to be used in this way.',
    advice: 'Nothing to do: respect it.',
  },
  opted_out_tdm: {
    meaning: 'The right to mine the image is reserved (tdm-reservation).',
    advice:
      'Nothing to do: respect it. Its tdm-policy, which --save-consent keeps, may say how a licence can be had.',
  },
  hash_missing: {
    meaning: 'The row has no digest of the type that --verify-hash names.',
    advice: 'Check the column that --verify-hash names if there are many.',
  },
  hash_mismatch: {
    meaning: 'The image is not the one that the row was made of: its digest is another.',
    advice: 'Nothing to do: the host gives another image now, or has encoded it anew.',
  },
  image_missing: {
    meaning: 'There is no image for the row, or its file has gone since it was listed.',
    advice: 'If files were away for a while, run again with --retry-failed.',
  },
  file_unreadable: {
    meaning: 'The file of the image could not be read, or has changed since it was listed.',
    advice: 'Look at its permissions and its disk, then run with --retry-failed.',
  },
  file_too_large: {
    meaning: 'The file of the image is larger than the byte limit of one image.',
    advice: 'A run with a larger --max-bytes takes such files.',
  },
  file_empty: {
    meaning: 'The file of the image has no bytes.',
    advice: 'Nothing to do.',
  },
  member_unsupported: {
    meaning: 'In the archive the image is a link, a device or a sparse file.',
    advice: 'Pack the archive anew with plain files (GNU tar: -h, without -S) if there are many.',
  },
  member_path_invalid: {
    meaning: 'The name of the image in its archive is absolute or climbs out of it.',
    advice: 'Nothing to do: nothing was read or written there.',
  },
  member_duplicate: {
    meaning: 'The archive has another image of the same name, which was taken.',
    advice: 'Pack the archive anew with names that come once.',
  },
  member_cut: {
    meaning: 'The archive ends before the sample does.',
    advice: 'Fetch the archive again and score it in a new run.',
  },
  member_damaged: {
    meaning: 'The archive is damaged here; how many samples lay behind is not known.',
    advice: 'Fetch the archive again and score it in a new run.',
  },
  format_unsupported: {
    meaning: 'The bytes are no image of a format that is decoded.',
    advice: 'Often an HTML page in place of the image: nothing to do.',
  },
  image_broken: {
    meaning: 'The image is damaged or cut.',
    advice: 'Nothing to do.',
  },
  image_too_large: {
    meaning: 'The image has more pixels than are decoded.',
    advice: 'A run with a larger --max-image-area takes such images.',
  },
  image_side_too_long: {
    meaning: 'A side of the image has more pixels than are decoded.',
    advice: 'A run with a larger --max-image-side takes such images.',
  },
  aspect_ratio_too_large: {
    meaning: 'The longer side of the image is more than --max-aspect-ratio times the shorter.',
    advice: 'Nothing to do: the run asked for it, or the image is a thin strip.',
  },
  image_too_compressed: {
    meaning: 'The image claims very many pixels in very few bytes.',
    advice: 'Nothing to do: it shows nothing, or is made to cost much. --max-pixels-per-byte sets the limit.',
  },
  image_too_small: {
    meaning: 'A side of the image is shorter than --min-image-size.',
    advice: 'Nothing to do: the run asked for it.',
  },
  image_too_many_parts: {
    meaning: 'The image has more scans, tiles or pieces than any honest one.',
    advice: 'Nothing to do: it is made to cost much.',
  },
  image_not_encodable: {
    meaning:
      'At the size that it was to be saved in, the image has more pixels than --max-image-area, or a longer side than the format of --encode-format can hold.',
    advice: 'Save it as it came (without --resize-mode), or in another mode or format.',
  },
  decode_timeout: {
    meaning: 'Decoding took too long and was stopped.',
    advice: 'If there are many, the machine is overloaded: lower --processes-count, then --retry-failed.',
  },
  decoder_crashed: {
    meaning: 'The decoder process ended on this image, and was started anew.',
    advice: 'If there are many, look at the memory of the machine, then --retry-failed.',
  },
  encoder_crashed: {
    meaning: 'The encoder process ended while it worked on the batch of this image.',
    advice: 'Lower --batch-size if memory was short, then --retry-failed.',
  },
  encoder_failed: {
    meaning: 'The encoder refused the batch of this image.',
    advice: 'Check the model with a small run on --device cpu, then --retry-failed.',
  },
  embedding_invalid: {
    meaning: 'The embedding has values that are no numbers, or has no length.',
    advice: 'If there are many, check the model and its precision on this device.',
  },
  embedding_not_unit: {
    meaning: 'The stored embedding is not of length 1, which the head asks for.',
    advice: 'With --normalize embeddings are brought to length 1 before they are scored.',
  },
};

const UNKNOWN: ReasonText = {
  meaning: 'No explanation of this reason is at hand.',
  advice: 'The tags of the run hold the message of every such row.',
};

/** The reasons that have a text of their own. */
export const EXPLAINED_REASONS: readonly string[] = Object.keys(TEXTS);

/** The text of a reason; a neutral one for a reason that is not known here. */
export function reasonText(reason: string): ReasonText {
  return Object.hasOwn(TEXTS, reason) ? TEXTS[reason]! : UNKNOWN;
}
