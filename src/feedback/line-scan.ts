import {
  type Answer,
  HIGHEST_RATING,
  KEEP_CHOICES,
  type KeepChoice,
  PAIR_CHOICES,
  type PairChoice,
} from './answer.ts';
import { isDayOf, MAX_KEY_CHARACTERS, MAX_QUEUE_CHARACTERS, MAX_RATER_CHARACTERS } from './check.ts';

const MAX_NAME_CHARACTERS = 64;
/** More digits may not be exact as a number. */
const MAX_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: MAX_DIGITS + 1 }, (_, power) => 10 ** power);
const MOST_HASH_DIGITS = 19;

const code = (character: string): number => character.charCodeAt(0);
const [QUOTE, NEWLINE, ZERO, NINE, DOT, MINUS] = [code('"'), code('\n'), code('0'), code('9'), code('.'), code('-')];

/** A bit for each kind of text that a byte may be part of. */
const KIND = { id: 1, question: 2, text: 4 } as const;
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return (
    (/[\w.:-]/.test(character) && byte < 0x80 ? KIND.id : 0) |
    (/[a-z0-9_-]/.test(character) ? KIND.question : 0) |
    // Printable ASCII that JSON writes as it is.
    (/[ !#-[\]-~]/.test(character) ? KIND.text : 0)
  );
});

const literal = (text: string): Uint8Array => Uint8Array.from(text, code);
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

/** What is less, JavaScript writes with an exponent. */
const LOWEST_DECIMAL = 1e-6;

/** The digits of 2^63 - 1, and of -2^63. */
const HIGHEST_HASH = literal('9223372036854775807');
const LOWEST_HASH = literal('9223372036854775808');

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
  /** The number that was read last. */
  #number = 0;

  /** Reads the line that begins at a place; gives where the next begins, or -1 where it is none that is read here. */
  read(bytes: Uint8Array, from: number): number {
    this.#bytes = bytes;
    let at = this.#literal(L.begin, from);
    if (at < 0) return -1;
    this.idFrom = at;
    this.idTo = this.#text(KIND.id, at, MAX_NAME_CHARACTERS);
    at = this.#literal(L.question, this.idTo);
    if (at < 0) return -1;
    this.questionFrom = at;
    this.questionTo = this.#text(KIND.question, at, MAX_NAME_CHARACTERS);
    // It begins with a letter.
    if (bytes[at]! < code('a') || (at = this.#literal(L.mode, this.questionTo)) < 0) return -1;
    const mode = this.#word(MODE_WORDS, at);
    if (!mode) return -1;
    this.mode = mode.text;
    at = this.#literal(L.answer, at + mode.bytes.length);
    if (at < 0 || (at = this.#answer(at)) < 0) return -1;
    at = mode.text === 'pair' ? this.#pair(at) : this.#sample(L.sample, at, this.left);
    return at < 0 ? -1 : this.#facts(at);
  }

  /** Where a literal ends that lies at a place; -1 where it does not. */
  #literal(expected: Uint8Array, at: number): number {
    if (at < 0) return -1;
    const bytes = this.#bytes;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return -1;
    return at + expected.length;
  }

  /** Where a text ends, of one or more bytes of a kind; -1 where there is none, or a longer one. */
  #text(kind: number, from: number, most: number): number {
    const bytes = this.#bytes;
    let at = from;
    while ((KINDS[bytes[at]!]! & kind) !== 0) at++;
    return at > from && at - from <= most ? at : -1;
  }

  /** The word that lies before a quotation mark. */
  #word<Text extends string>(known: readonly Word<Text>[], at: number): Word<Text> | undefined {
    for (const word of known) {
      const end = this.#literal(word.bytes, at);
      if (end >= 0 && this.#bytes[end] === QUOTE) return word;
    }
    return undefined;
  }

  #answer(at: number): number {
    const { mode } = this;
    if (this.#bytes[at] !== QUOTE) {
      const end = mode === 'rating' || mode === 'likes' ? this.#decimal(at) : -1;
      if (end < 0 || (mode === 'rating' && this.#number > HIGHEST_RATING)) return -1;
      this.answer = this.#number;
      return end;
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
    let at = this.#literal(before, from);
    if (at < 0) return -1;
    name.hashFrom = this.#literal(L.hash, at);
    name.hashTo = name.hashFrom;
    if (name.hashFrom >= 0) {
      name.hashTo = this.#hash(name.hashFrom);
      at = name.hashTo + 1;
      if (name.hashTo < 0) return -1;
    }
    name.keyFrom = this.#literal(name.hashFrom >= 0 ? L.nextKey : L.key, at);
    name.keyTo = name.keyFrom;
    if (name.keyFrom >= 0) {
      name.keyTo = this.#text(KIND.text, name.keyFrom, MAX_KEY_CHARACTERS);
      at = name.keyTo + 1;
      if (name.keyTo < 0 || this.#bytes[name.keyTo] !== QUOTE) return -1;
    }
    // Without a hash and a key this is no end either.
    return this.#bytes[at] === code('}') && (name.hashFrom >= 0 || name.keyFrom >= 0) ? at + 1 : -1;
  }

  /** Where a hash ends: an int64 as JavaScript writes it, before a quotation mark. */
  #hash(from: number): number {
    const bytes = this.#bytes;
    const first = bytes[from] === MINUS ? from + 1 : from;
    let at = first;
    while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
    const digits = at - first;
    if (digits === 0 || digits > MOST_HASH_DIGITS || bytes[at] !== QUOTE) return -1;
    if (bytes[first] === ZERO && (digits > 1 || first > from)) return -1;
    if (digits < MOST_HASH_DIGITS || bytes[first]! < NINE) return at;
    return this.#isAtMost(first > from ? LOWEST_HASH : HIGHEST_HASH, first) ? at : -1;
  }

  /** Whether digits that lie at a place are at most as high as as many others. */
  #isAtMost(highest: Uint8Array, at: number): boolean {
    const bytes = this.#bytes;
    let i = 0;
    while (i < highest.length - 1 && bytes[at + i] === highest[i]) i++;
    return bytes[at + i]! <= highest[i]!;
  }

  /** Where a number from 0 on ends; it is exact, as its digits without the dot and the power of ten are. */
  #decimal(from: number): number {
    const at = this.#whole(from);
    if (at < 0 || this.#bytes[at] !== DOT) return at;
    const bytes = this.#bytes;
    let end = at + 1;
    let digits = this.#number;
    while (bytes[end]! >= ZERO && bytes[end]! <= NINE) digits = 10 * digits + bytes[end++]! - ZERO;
    const places = end - at - 1;
    if (places === 0 || end - from - 1 > MAX_DIGITS || bytes[end - 1] === ZERO) return -1;
    this.#number = digits / POWERS_OF_TEN[places]!;
    return this.#number < LOWEST_DECIMAL ? -1 : end;
  }

  /** Where a whole number from 0 on ends. */
  #whole(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    let number = 0;
    while (bytes[at]! >= ZERO && bytes[at]! <= NINE) number = 10 * number + bytes[at++]! - ZERO;
    this.#number = number;
    const digits = at - from;
    return digits === 0 || digits > MAX_DIGITS || (digits > 1 && bytes[from] === ZERO) ? -1 : at;
  }

  /** What follows on the samples: the rater, and what may be left out. */
  #facts(from: number): number {
    const bytes = this.#bytes;
    this.raterFrom = this.#literal(L.rater, from);
    if (this.raterFrom < 0) return -1;
    this.raterTo = this.#text(KIND.text, this.raterFrom, MAX_RATER_CHARACTERS);
    let at = this.raterTo + 1;
    if (this.raterTo < 0 || bytes[this.raterTo] !== QUOTE) return -1;
    if ((at = this.#time(at)) < 0 || (at = this.#queue(at)) < 0 || (at = this.#seed(at)) < 0) return -1;
    if ((at = this.#swapped(at)) < 0 || (at = this.#tookMs(at)) < 0) return -1;
    return bytes[at] === code('}') && bytes[at + 1] === NEWLINE ? at + 2 : -1;
  }

  #time(from: number): number {
    const at = this.#literal(L.time, from);
    this.timeFrom = this.timeTo = 0;
    if (at < 0) return from;
    const end = this.#timeEnd(at);
    if (end < 0 || this.#bytes[end] !== QUOTE) return -1;
    this.timeFrom = at;
    this.timeTo = end;
    return end + 1;
  }

  /** Where a time of the form 2026-11-30T09:15:00.250Z ends. */
  #timeEnd(from: number): number {
    const bytes = this.#bytes;
    for (let i = 0; i < TIME_FORM.length; i++) {
      const byte = bytes[from + i]!;
      const form = TIME_FORM[i]!;
      if (form === ZERO ? byte < ZERO || byte > NINE : byte !== form) return -1;
    }
    const year = 100 * this.#twoDigits(from) + this.#twoDigits(from + 2);
    if (!isDayOf(year, this.#twoDigits(from + 5), this.#twoDigits(from + 8))) return -1;
    if (this.#twoDigits(from + 11) > 23 || this.#twoDigits(from + 14) > 59) return -1;
    if (this.#twoDigits(from + 17) > 59) return -1;
    let at = from + TIME_FORM.length;
    if (bytes[at] === DOT) {
      const first = ++at;
      while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
      if (at === first || at - first > MAX_SECOND_DIGITS) return -1;
    }
    return bytes[at] === code('Z') ? at + 1 : -1;
  }

  #twoDigits(at: number): number {
    return 10 * (this.#bytes[at]! - ZERO) + this.#bytes[at + 1]! - ZERO;
  }

  #queue(from: number): number {
    const at = this.#literal(L.queue, from);
    this.queueFrom = this.queueTo = 0;
    if (at < 0) return from;
    const end = this.#text(KIND.text, at, MAX_QUEUE_CHARACTERS);
    if (end < 0 || this.#bytes[end] !== QUOTE) return -1;
    this.queueFrom = at;
    this.queueTo = end;
    return end + 1;
  }

  #seed(from: number): number {
    const at = this.#literal(L.seed, from);
    this.seed = Number.NaN;
    if (at < 0) return from;
    const isBelow = this.#bytes[at] === MINUS;
    const end = this.#whole(isBelow ? at + 1 : at);
    // -0 is not written so.
    if (end < 0 || (isBelow && this.#number === 0)) return -1;
    this.seed = isBelow ? -this.#number : this.#number;
    return end;
  }

  #swapped(from: number): number {
    const at = this.#literal(L.swapped, from);
    this.swapped = undefined;
    if (at < 0) return from;
    this.swapped = this.#bytes[at] === L.true[0];
    return this.#literal(this.swapped ? L.true : L.false, at);
  }

  #tookMs(from: number): number {
    const at = this.#literal(L.tookMs, from);
    this.tookMs = Number.NaN;
    if (at < 0) return from;
    const end = this.#whole(at);
    if (end >= 0) this.tookMs = this.#number;
    return end;
  }
}

const TIME_FORM = literal('0000-00-00T00:00:00');
const MAX_SECOND_DIGITS = 9;
