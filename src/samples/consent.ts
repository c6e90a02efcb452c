/** What was seen of a row's consent, whether or not it was obeyed; null where there was nothing to see. */
export interface ConsentSignals {
  /** The lines of X-Robots-Tag, joined by line feeds. */
  readonly xRobotsTag: string | null;
  /** What robots.txt says of the URL that was asked for last; null where robots.txt was not asked for or not to be had. */
  readonly robotsAllowed: boolean | null;
  /** The rules Content-Usage of the IETF's aipref drafts in robots.txt, for the URL that was asked for last, as they are written. */
  readonly robotsContentUsage: string | null;
  /** W3C's TDM Reservation Protocol: 1 where the right to mine is reserved. The headers go before tdmrep.json. */
  readonly tdmReservation: 0 | 1 | null;
  readonly tdmPolicy: string | null;
  /** The header Content-Usage of the IETF's aipref drafts, as it was sent. */
  readonly contentUsage: string | null;
  /** Whether the image carries a C2PA manifest; null where no image came, or of a format that is not looked into. */
  readonly c2pa: boolean | null;
}

/** A row of which nothing was seen. */
export const NO_SIGNALS: ConsentSignals = {
  xRobotsTag: null,
  robotsAllowed: null,
  robotsContentUsage: null,
  tdmReservation: null,
  tdmPolicy: null,
  contentUsage: null,
  c2pa: null,
};
