import {
  type Answer,
  HIGHEST_RATING,
  KEEP_CHOICES,
  type KeepChoice,
  PAIR_CHOICES,
  type PairChoice,
} from './answer.ts';
import { MAX_KEY_CHARACTERS, MAX_QUEUE_CHARACTERS, MAX_RATER_CHARACTERS } from './check.ts';
import {
  codeOf,
  endOfDecimal,
  endOfHash,
  endOfLiteral,
  endOfText,
  endOfTime,
  endOfWhole,
  KIND,
  literal,
  numberIn,
} from './scan-parts.ts';

const MAX_NAME_CHARACTERS = 64;
const [QUOTE, NEWLINE, BRACE, MINUS, A] = [...'"\n}-a'].map(codeOf) as [
  number,
  number,
  number,
  number,
  number,
];

const L = {
  begin: literal('{"v":1,"id":"'),
  question: literal('","question":"'),
  mode: literal('","mode":"'),
  answer: literal('","answer":'),
  left: literal(',"left":{'),
  right: literal(',"right":{'),
  sample: literal(',"sample":{'),
  hash: literal('"hash":"'),
  nextKey: literal(',"key":"'),
  key: literal('"key":"'),
  rater: literal(',"rater":"'),
  time: literal(',"time":"'),
  queue: literal(',"queue":"'),
  seed: literal(',"seed":'),
  swapped: literal(',"swapped":'),
  tookMs: literal(',"took_ms":'),
  true: literal('true'),
  false: literal('false'),
};

interface Word<Text extends string> {
  readonly text: Text;
  readonly bytes: Uint8Array;
}
const words = <Text extends string>(texts: readonly Text[]): readonly Word<Text>[] =>
  texts.map((text) => ({ text, bytes: literal(text) }));
const MODE_WORDS = words(['pair', 'rating', 'keep', 'likes'] as const);
const PAIR_WORDS = words(PAIR_CHOICES);
const KEEP_WORDS = words(KEEP_CHOICES);

/** Where the name of a sample lies; -1 for a part that is not there. */
export class NameScan {
  hashFrom = 0;
  hashTo = 0;
  keyFrom = 0;
  keyTo = 0;
}

/**
 * The answer of a line as `lineOf` writes it, to the byte, found by one walk over it: where its texts lie, and what its numbers are. What it takes is
 * valid by that; any other line may be an answer all the same.
 */
export class LineScan {
  mode: Answer['mode'] = 'pair';
  /** What was chosen, or a number. */
  answer: PairChoice | KeepChoice | number = 'skip';
  idFrom = 0;
  idTo = 0;
  questionFrom = 0;
  questionTo = 0;
  raterFrom = 0;
  raterTo = 0;
  /** Of other modes than `pair` this is the sample. */
  readonly left: NameScan = new NameScan();
  readonly right: NameScan = new NameScan();
  /** Of what may be left out, both are 0 where it is. */
  timeFrom = 0;
  timeTo = 0;
  queueFrom = 0;
  queueTo = 0;
  /** NaN where it was left out, as `tookMs`. */
  seed = Number.NaN;
  swapped: boolean | undefined;
  tookMs = Number.NaN;
  #bytes: Uint8Array = new Uint8Array(0);

  /** Reads the line that begins at a place; gives where the next begins, or -1 where it is none that is read here. */
  read(bytes: Uint8Array, from: number): number {
    this.#bytes = bytes;
    let at = endOfLiteral(this.#bytes, L.begin, from);
    if (at < 0) return -1;
    this.idFrom = at;
    this.idTo = endOfText(this.#bytes, KIND.id, at, MAX_NAME_CHARACTERS);
    at = endOfLiteral(this.#bytes, L.question, this.idTo);
    if (at < 0) return -1;
    this.questionFrom = at;
    this.questionTo = endOfText(this.#bytes, KIND.question, at, MAX_NAME_CHARACTERS);
    // It begins with a letter.
    if (bytes[at]! < A) return -1;
    at = endOfLiteral(this.#bytes, L.mode, this.questionTo);
    const mode = at < 0 ? undefined : this.#word(MODE_WORDS, at);
    if (!mode) return -1;
    this.mode = mode.text;
    at = this.#answer(endOfLiteral(this.#bytes, L.answer, at + mode.bytes.length));
    return this.#facts(mode.text === 'pair' ? this.#pair(at) : this.#sample(L.sample, at, this.left));
  }

  /** The word that lies before a quotation mark. */
  #word<Text extends string>(known: readonly Word<Text>[], at: number): Word<Text> | undefined {
    for (const word of known) {
      const end = endOfLiteral(this.#bytes, word.bytes, at);
      if (end >= 0 && this.#bytes[end] === QUOTE) return word;
    }
    return undefined;
  }

  #answer(at: number): number {
    const { mode } = this;
    if (at < 0) return -1;
    if (this.#bytes[at] !== QUOTE) {
      const end = mode === 'rating' || mode === 'likes' ? endOfDecimal(this.#bytes, at) : -1;
      if (end < 0) return -1;
      const number = numberIn(this.#bytes, at, end);
      this.answer = number;
      return mode === 'rating' && number > HIGHEST_RATING ? -1 : end;
    }
    const word = this.#word<PairChoice | KeepChoice>(mode === 'pair' ? PAIR_WORDS : KEEP_WORDS, at + 1);
    if (!word || mode === 'likes' || (mode === 'rating' && word.text !== 'skip')) return -1;
    this.answer = word.text;
    return at + 1 + word.bytes.length + 1;
  }

  #pair(from: number): number {
    const at = this.#sample(L.right, this.#sample(L.left, from, this.left), this.right);
    return at < 0 || this.#isSame() ? -1 : at;
  }

  /** Whether both sides of a pair are the same sample. */
  #isSame(): boolean {
    const { left, right } = this;
    const hasHash = left.hashTo > left.hashFrom;
    if (hasHash !== right.hashTo > right.hashFrom) return false;
    const [one, other] = hasHash ? [left.hashFrom, right.hashFrom] : [left.keyFrom, right.keyFrom];
    const length = hasHash ? left.hashTo - one : left.keyTo - one;
    if (length !== (hasHash ? right.hashTo : right.keyTo) - other) return false;
    for (let i = 0; i < length; i++) if (this.#bytes[one + i] !== this.#bytes[other + i]) return false;
    return true;
  }

  /** Where a sample ends, with its brace; -1 where there is none. */
  #sample(before: Uint8Array, from: number, name: NameScan): number {
    let at = endOfLiteral(this.#bytes, before, from);
    if (at < 0) return -1;
    name.hashFrom = endOfLiteral(this.#bytes, L.hash, at);
    name.hashTo = name.hashFrom;
    if (name.hashFrom >= 0) {
      name.hashTo = endOfHash(this.#bytes, name.hashFrom);
      at = name.hashTo + 1;
      if (name.hashTo < 0) return -1;
    }
    name.keyFrom = endOfLiteral(this.#bytes, name.hashFrom >= 0 ? L.nextKey : L.key, at);
    name.keyTo = name.keyFrom;
    if (name.keyFrom >= 0) {
      name.keyTo = endOfText(this.#bytes, KIND.text, name.keyFrom, MAX_KEY_CHARACTERS);
      at = name.keyTo + 1;
      if (name.keyTo < 0 || this.#bytes[name.keyTo] !== QUOTE) return -1;
    }
    // Without a hash and a key this is no end either.
    return this.#bytes[at] === BRACE && (name.hashFrom >= 0 || name.keyFrom >= 0) ? at + 1 : -1;
  }

  /** What follows on the samples: the rater, and what may be left out. */
  #facts(from: number): number {
    const bytes = this.#bytes;
    this.raterFrom = endOfLiteral(this.#bytes, L.rater, from);
    if (this.raterFrom < 0) return -1;
    this.raterTo = endOfText(this.#bytes, KIND.text, this.raterFrom, MAX_RATER_CHARACTERS);
    if (this.raterTo < 0 || bytes[this.raterTo] !== QUOTE) return -1;
    const at = this.#tookMs(this.#swapped(this.#seed(this.#queue(this.#time(this.raterTo + 1)))));
    return at >= 0 && bytes[at] === BRACE && bytes[at + 1] === NEWLINE ? at + 2 : -1;
  }

  /** Like the parts after it, where it ends, or where it would begin where it was left out; -1 where it is none, or what comes before is none. */
  #time(from: number): number {
    const at = endOfLiteral(this.#bytes, L.time, from);
    this.timeFrom = this.timeTo = 0;
    if (at < 0) return from;
    const end = endOfTime(this.#bytes, at);
    if (end < 0 || this.#bytes[end] !== QUOTE) return -1;
    this.timeFrom = at;
    this.timeTo = end;
    return end + 1;
  }

  #queue(from: number): number {
    const at = endOfLiteral(this.#bytes, L.queue, from);
    this.queueFrom = this.queueTo = 0;
    if (at < 0) return from;
    const end = endOfText(this.#bytes, KIND.text, at, MAX_QUEUE_CHARACTERS);
    if (end < 0 || this.#bytes[end] !== QUOTE) return -1;
    this.queueFrom = at;
    this.queueTo = end;
    return end + 1;
  }

  #seed(from: number): number {
    const at = endOfLiteral(this.#bytes, L.seed, from);
    this.seed = Number.NaN;
    if (at < 0) return from;
    const isBelow = this.#bytes[at] === MINUS;
    const first = isBelow ? at + 1 : at;
    const end = endOfWhole(this.#bytes, first);
    if (end < 0) return -1;
    const number = numberIn(this.#bytes, first, end);
    this.seed = isBelow ? -number : number;
    // -0 is not written so.
    return isBelow && number === 0 ? -1 : end;
  }

  #swapped(from: number): number {
    const at = endOfLiteral(this.#bytes, L.swapped, from);
    this.swapped = undefined;
    if (at < 0) return from;
    this.swapped = this.#bytes[at] === L.true[0];
    return endOfLiteral(this.#bytes, this.swapped ? L.true : L.false, at);
  }

  #tookMs(from: number): number {
    const at = endOfLiteral(this.#bytes, L.tookMs, from);
    this.tookMs = Number.NaN;
    if (at < 0) return from;
    const end = endOfWhole(this.#bytes, at);
    if (end >= 0) this.tookMs = numberIn(this.#bytes, at, end);
    return end;
  }
}
