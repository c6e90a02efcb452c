import { type Clock, SYSTEM_CLOCK } from '../../base/clock.ts';
import { BowerbirdError, firstLine } from '../../base/errors.ts';
import { shownUrl } from '../../storage/storage.ts';

/** What a Redis answers that refuses, and what is to be done about it. */
interface Refusal {
  readonly answer: RegExp;
  readonly advice: string;
  /** For how long it is asked again: it may come to an end by itself, or somebody may end it. */
  readonly patienceMs: number;
  /** Whether it may answer questions all the same. */
  readonly isOfWrites: boolean;
}

/** Whoever is there restarts its workers, and these find the address anew: no reason to wait for long. */
const SHORT_MS = 5000;
/** Enough for a person who reads what is said. */
const LONG_MS = 300_000;

const REFUSALS: readonly Refusal[] = [
  {
    answer: /\bREADONLY\b/,
    advice: 'It is a replica that may only be read: name its primary with --queue.',
    ...{ patienceMs: SHORT_MS, isOfWrites: true },
  },
  {
    answer: /\bOOM\b/,
    advice: 'Its memory is full: raise its maxmemory, or remove what else it holds.',
    ...{ patienceMs: LONG_MS, isOfWrites: true },
  },
  {
    answer: /\bMISCONF\b/,
    advice: 'It cannot save to its disk: make room there, or have it save nothing (CONFIG SET save "").',
    ...{ patienceMs: LONG_MS, isOfWrites: true },
  },
  {
    answer: /\bNOREPLICAS\b/,
    advice: 'It wants replicas (min-replicas-to-write) that are not there.',
    ...{ patienceMs: LONG_MS, isOfWrites: true },
  },
  {
    answer: /\b(NOAUTH|WRONGPASS|NOPERM)\b/,
    advice: 'Give the password of a user who may write in the address of --queue: redis://:PASSWORD@HOST.',
    ...{ patienceMs: SHORT_MS, isOfWrites: false },
  },
];

const PASSING: Pick<Refusal, 'advice' | 'patienceMs' | 'isOfWrites'> = {
  advice: 'It is asked again.',
  ...{ patienceMs: Number.POSITIVE_INFINITY, isOfWrites: false },
};

/** A Redis that has refused and then says nothing for so long is away. */
const SILENT_MS = 15_000;

interface Met extends Pick<Refusal, 'advice' | 'patienceMs' | 'isOfWrites'> {
  /** What a person reads: the address and the answer. */
  readonly said: string;
  readonly isAnswer: boolean;
  readonly sinceMs: number;
  lastMs: number;
}

/** What keeps a queue from giving and taking shards, by the answers of its Redis; for people, and to know when to give up. */
export class QueueTrouble {
  readonly #address: string;
  readonly #clock: Clock;
  #met: Met | undefined;

  /** @param url of the Redis; its password is told to nobody */
  constructor(url: string, clock: Clock = SYSTEM_CLOCK) {
    this.#address = shownUrl(url);
    this.#clock = clock;
  }

  /** What is wrong, and what to do; undefined where nothing is. */
  get text(): string | undefined {
    return this.#met && `${this.#met.said}. ${this.#met.advice}`;
  }

  /** Something was asked, and failed. */
  failed(thrown: unknown): void {
    const nowMs = this.#clock.nowMs();
    const next = this.#read(thrown, nowMs);
    const met = this.#met;
    if (met && (met.said === next.said || (!next.isAnswer && nowMs - met.lastMs < SILENT_MS))) {
      if (next.isAnswer) met.lastMs = nowMs;
    } else this.#met = next;
  }

  /** Something was asked, and answered as it should be. */
  answered(what: 'read' | 'write'): void {
    if (what === 'write' || !this.#met?.isOfWrites) this.#met = undefined;
  }

  /** @throws BowerbirdError BB_QUEUE_REFUSED where it has lasted for longer than it is worth to ask again */
  giveUpIfLasting(): void {
    if (!this.#met || this.#clock.nowMs() - this.#met.sinceMs < this.#met.patienceMs) return;
    throw new BowerbirdError(
      'BB_QUEUE_REFUSED',
      `${this.text} It was asked for ${this.#met.patienceMs / 1000} seconds. What is committed is kept: start the same command again then.`,
      { fields: { url: this.#address } },
    );
  }

  #read(thrown: unknown, nowMs: number): Met {
    const times = { sinceMs: nowMs, lastMs: nowMs };
    // Redis also says where in a script it was refused, and what else a client might have sent.
    const answer = firstLine(thrown)
      .replace(/\.? script: .*|, otherwise .*/, '')
      .replace(/\.+$/, '');
    const refusal = REFUSALS.find((each) => each.answer.test(answer));
    if (refusal || (thrown instanceof Error && thrown.name === 'ReplyError')) {
      const { advice, patienceMs, isOfWrites } = refusal ?? PASSING;
      const said = `${this.#address} answers and refuses: ${answer}`;
      return { advice, patienceMs, isOfWrites, said, isAnswer: true, ...times };
    }
    return { ...PASSING, said: `${this.#address} does not answer`, isAnswer: false, ...times };
  }
}
