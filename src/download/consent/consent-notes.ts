import { type ConsentSignals, NO_SIGNALS } from '../../samples/consent.ts';
import { c2paIn } from './c2pa.ts';
import { type HeaderLines, type HeaderSignals, kept, signalsOf } from './header-signals.ts';
import type { OriginVerdict } from './origin-consent.ts';

/** Collects what is seen of one row's consent. What a redirect or an earlier attempt said gives way to what follows. */
export class ConsentNotes {
  #verdict: OriginVerdict | undefined;
  #headers: HeaderSignals | undefined;
  #c2pa: boolean | null = null;

  /** A URL is about to be asked for; its origin's files, where they are asked, say this of it. */
  asking(verdict: OriginVerdict | undefined): void {
    this.#verdict = verdict;
    this.#headers = undefined;
  }

  /** The head of an answer has come. */
  answered(headers: HeaderLines): void {
    this.#headers = signalsOf(headers);
  }

  /** An image has come. */
  arrived(image: Buffer): void {
    this.#c2pa = c2paIn(image);
  }

  get signals(): ConsentSignals {
    const { tdm, isRobotsAllowed = null, usage = null } = this.#verdict ?? {};
    // Of several declarations that of the resource itself goes first, with all that it says.
    const isTdmInHead = this.#headers !== undefined && this.#headers.tdmReservation !== null;
    return {
      ...NO_SIGNALS,
      ...this.#headers,
      ...(!isTdmInHead && tdm && { tdmReservation: tdm.reservation, tdmPolicy: tdm.policy }),
      robotsAllowed: isRobotsAllowed,
      robotsContentUsage: usage && kept(usage),
      c2pa: this.#c2pa,
    };
  }
}
