import { AnswerTimes, FIRST, HeadTimes, SLOW_SHARE } from './answer-times.ts';

/** What an answer may take, in ms. */
export interface WidthLimits {
  /** The time of one image. */
  readonly timeoutMs: number;
  /** From the request to the whole head. */
  readonly headersTimeoutMs: number;
}

/** How long a whole answer took, in ms. */
export interface Bore {
  /** From the turn of its row to its head. */
  readonly headMs: number;
  /** From its head to its end; undefined where no body came that was wanted. */
  readonly bodyMs: number | undefined;
}

/**
 * How many requests at once a host bears. From a few on it grows with each whole answer, as long as heads and bodies come in a part of their
 * time; a row that runs out of time while its body comes halves it, unless other bodies came quickly meanwhile: then it is the image's fault.
 * So a host behind a thin line, or one that works on few requests at a time, is sent what it can deliver in time, instead of many images none
 * of which it does.
 */
export class HostWidth {
  readonly #limits: WidthLimits;
  readonly #heads = new HeadTimes();
  readonly #bodies = new AnswerTimes();
  #atOnce = FIRST;
  #cuts = 0;
  #cutFrom = 0;
  /** How often two at once were too many. */
  #failedPairs = 0;

  constructor(limits: WidthLimits) {
    this.#limits = limits;
  }

  /** Requests that may be in flight. */
  get atOnce(): number {
    return Math.floor(this.#atOnce);
  }

  /** How often it has become less; a request from before says nothing of what is borne since. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Whether the last cut was from more than a host is sent that has shown nothing. */
  get wasWide(): boolean {
    return this.#cutFrom > FIRST;
  }

  /** Notes a whole answer. */
  bore(cutsBefore: number, { headMs, bodyMs }: Bore): void {
    const head = headMs / this.#limits.headersTimeoutMs;
    const body = bodyMs === undefined ? undefined : bodyMs / this.#limits.timeoutMs;
    const isSinceCut = cutsBefore === this.#cuts;
    this.#heads.note(head, isSinceCut);
    if (body !== undefined) this.#bodies.note(body, isSinceCut);
    if (!isSinceCut) return;
    const byBodies = this.#bodies.growth(body, this.#atOnce);
    const growth = Math.min(this.#heads.growth(head, this.#atOnce), byBodies);
    // Whether it bears two nobody can tell before they were tried; where they were too many, less and less often.
    this.#atOnce += growth === 0 && this.#atOnce < 2 ? 2 ** -this.#failedPairs : growth;
  }

  /** Notes a row whose body came, and not to its end in time; of `inFlight` at once. `hasEndedOthers`: whole answers came meanwhile. */
  overran(cutsBefore: number, inFlight: number, hasEndedOthers: boolean): void {
    if (cutsBefore !== this.#cuts) return;
    if (hasEndedOthers && (this.#bodies.mean ?? 1) < SLOW_SHARE) return;
    if (this.atOnce === 2) this.#failedPairs++;
    const borne = Math.min(this.#atOnce, inFlight);
    this.#cutTo(Math.max(1, Math.floor(borne / 2)), borne);
  }

  /** It has asked for fewer requests: begins anew with a few. */
  askedForFewer(): void {
    this.#cutTo(Math.min(this.#atOnce, FIRST), 0);
  }

  /** It has been given up: begins anew with one. */
  gaveNothing(): void {
    this.#cutTo(1, 0);
  }

  #cutTo(atOnce: number, from: number): void {
    this.#cuts++;
    this.#cutFrom = from;
    this.#atOnce = atOnce;
    this.#heads.cutTo(atOnce);
    this.#bodies.cutTo(atOnce);
  }
}
