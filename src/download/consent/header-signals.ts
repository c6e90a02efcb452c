/** Response headers by lower-case name; a repeated one is a list. */
export type HeaderLines = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the headers of an answer say about the use of an image, whether or not it is obeyed; null where nothing. */
export interface HeaderSignals {
  /** The lines of X-Robots-Tag, joined by line feeds: a user agent's name holds to the end of its line. */
  readonly xRobotsTag: string | null;
  /** `tdm-reservation` of W3C's TDM Reservation Protocol: 1 where the right to mine texts and data is reserved. */
  readonly tdmReservation: 0 | 1 | null;
  /** `tdm-policy`: where it is said how a licence can be had. */
  readonly tdmPolicy: string | null;
  /** `Content-Usage` of the IETF's draft-ietf-aipref-attach, as it was sent. */
  readonly contentUsage: string | null;
}

/** Honest signals are some words long; a host that sends a head full of them for every image is not kept whole. */
const MAX_SIGNAL_CHARS = 2_000;

/** The signals in the head of an answer. */
export function signalsOf(headers: HeaderLines): HeaderSignals {
  return {
    xRobotsTag: joined(headers['x-robots-tag'], '\n'),
    tdmReservation: tdmReservationIn(linesOf(headers['tdm-reservation'])),
    tdmPolicy: joined(headers['tdm-policy'], ', '),
    contentUsage: joined(headers['content-usage'], ', '),
  };
}

/** The lines of a header. */
export function linesOf(value: string | readonly string[] | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : (value ?? []);
}

/**
 * Proxies join lines by commas, and some hosts quote the value or let parameters follow it. Where lines differ, the reservation
 * counts; what is neither 0 nor 1 says nothing.
 */
function tdmReservationIn(lines: readonly string[]): 0 | 1 | null {
  const values = lines
    .flatMap((line) => line.split(','))
    .map((value) => value.replace(/;.*/s, '').replaceAll('"', '').trim());
  if (values.includes('1')) return 1;
  return values.includes('0') ? 0 : null;
}

function joined(value: string | readonly string[] | undefined, separator: string): string | null {
  const lines = linesOf(value);
  return lines.length === 0 ? null : kept(lines.join(separator));
}

/** What is kept of a signal's text. */
export function kept(text: string): string {
  return text.slice(0, MAX_SIGNAL_CHARS);
}
