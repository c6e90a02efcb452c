import { BowerbirdError, type ErrorFields } from '../base/errors.ts';

/** A page that is no page of such a feed. @param problem after "of the feed cannot be read:" */
export function feedFormatError(feed: string, problem: string): BowerbirdError {
  return new BowerbirdError(
    'BB_FEED_FORMAT',
    `A page of ${feed} cannot be read: ${problem}. What came before it is kept. Look at the address in a browser; paths that do not fit are given by --map and --next.`,
    { fields: { feed } },
  );
}

/** The host refuses this request, and will refuse it again. */
export function feedRefusedError(
  feed: string,
  problem: string,
  advice: string,
  fields: ErrorFields = {},
): BowerbirdError {
  return new BowerbirdError('BB_FEED_REFUSED', `${feed} cannot be asked: ${problem}. ${advice}.`, {
    fields: { feed, ...fields },
  });
}

/** No answer for now, after all tries. */
export function feedUnavailableError(
  feed: string,
  problem: string,
  fields: ErrorFields = {},
): BowerbirdError {
  return new BowerbirdError(
    'BB_FEED_UNAVAILABLE',
    `${feed} gives nothing for now: ${problem}. What came before is kept; run the same command again later.`,
    { fields: { feed, ...fields } },
  );
}
