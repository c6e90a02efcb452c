import type { FailureReason } from '../samples/reasons.ts';

/**
 * What the end of a download says about this machine's way out.
 * `answer`: a host answered, whatever it said. `silence`: nobody did, and that may be our own side's fault.
 * `unknown_name`: the name servers say that there is no such name, which is an answer if they know the Internet at all.
 * `nothing`: nobody was asked.
 */
export type Sign = 'answer' | 'silence' | 'unknown_name' | 'nothing';

const SIGN_OF: Readonly<Partial<Record<FailureReason, Sign>>> = {
  url_missing: 'nothing',
  url_invalid: 'nothing',
  url_scheme_unsupported: 'nothing',
  address_refused: 'nothing',
  dns_not_found: 'unknown_name',
  dns_failed: 'silence',
  connect_refused: 'silence',
  connect_timeout: 'silence',
  // No route, no network, no file descriptors left.
  connect_failed: 'silence',
  timed_out: 'silence',
};

/** The sign that a download gave; without a reason for failure it succeeded. */
export function signOf(reason: FailureReason | undefined): Sign {
  return (reason && SIGN_OF[reason]) ?? 'answer';
}
