import type { Answer, AnswerFacts, SampleName } from './answer.ts';
import type { LinePiece } from './file-lines.ts';
import type { LineScan, NameScan } from './line-scan.ts';

/** Makes answers of what was scanned in a piece of a file. */
export class ScannedAnswers {
  readonly #questions = new RepeatedTexts();
  readonly #raters = new RepeatedTexts();
  #text = '';
  #offset = 0;

  begin({ bytes, from, to }: LinePiece): void {
    // A character for each byte: what is scanned is ASCII.
    this.#text = bytes.toString('latin1', from, to);
    this.#offset = from;
  }

  questionOf({ questionFrom, questionTo }: LineScan): string {
    return this.#questions.cut(this.#text, questionFrom - this.#offset, questionTo - this.#offset);
  }

  raterOf({ raterFrom, raterTo }: LineScan): string {
    return this.#raters.cut(this.#text, raterFrom - this.#offset, raterTo - this.#offset);
  }

  answerOf(scan: LineScan): Answer {
    const { mode, answer } = scan;
    const said =
      mode === 'pair'
        ? { mode, answer, left: this.#nameOf(scan.left), right: this.#nameOf(scan.right) }
        : { mode, answer, sample: this.#nameOf(scan.left) };
    const whole = said as object as { -readonly [Name in keyof AnswerFacts]: AnswerFacts[Name] };
    whole.id = this.#cut(scan.idFrom, scan.idTo);
    whole.question = this.questionOf(scan);
    whole.rater = this.raterOf(scan);
    if (scan.timeTo > 0) whole.time = this.#cut(scan.timeFrom, scan.timeTo);
    if (scan.queueTo > 0) whole.queue = this.#cut(scan.queueFrom, scan.queueTo);
    if (!Number.isNaN(scan.seed)) whole.seed = scan.seed;
    if (scan.swapped !== undefined) whole.swapped = scan.swapped;
    if (!Number.isNaN(scan.tookMs)) whole.tookMs = scan.tookMs;
    return whole as Answer;
  }

  #nameOf({ hashFrom, hashTo, keyFrom, keyTo }: NameScan): SampleName {
    const key = keyFrom < 0 ? undefined : this.#cut(keyFrom, keyTo);
    if (hashFrom < 0) return { key: key! };
    const hash = this.#cut(hashFrom, hashTo);
    return key === undefined ? { hash } : { hash, key };
  }

  #cut(from: number, to: number): string {
    return this.#text.slice(from - this.#offset, to - this.#offset);
  }
}

const MOST_REPEATED = 1000;

/** Texts that come again and again: each is held once. */
class RepeatedTexts {
  readonly #known = new Map<string, string>();
  #last = '';

  cut(text: string, from: number, to: number): string {
    if (to - from === this.#last.length && text.startsWith(this.#last, from)) return this.#last;
    const fresh = text.slice(from, to);
    this.#last = this.#known.get(fresh) ?? fresh;
    if (this.#last === fresh && this.#known.size < MOST_REPEATED) this.#known.set(fresh, fresh);
    return this.#last;
  }
}
