import { type Answer, type Asked, idsOf, KEEP_CHOICES, MODES, type Mode, PAIR_CHOICES } from './answer.ts';
import { type Fingerprint, FingerprintMaker, fingerprintOf } from './fingerprint.ts';
import type { LineScan, NameScan } from './line-scan.ts';

/**
 * What an answer is compared by, in numbers: the same whether it was read as an object or scanned where it lies. One is filled again and again.
 */
export class AnswerKeys {
  readonly id: FingerprintMaker = new FingerprintMaker();
  /** Who answered what, and how. */
  readonly group: FingerprintMaker = new FingerprintMaker();
  /** What it says, but for when and how: a client that sends it again may have lost these. */
  readonly content: FingerprintMaker = new FingerprintMaker();
  /** Who answered about which sample or pair, whichever side each was on. */
  readonly subject: FingerprintMaker = new FingerprintMaker();
  /** Who answered which item of a queue; nothing where `hasItem` is false. */
  readonly item: FingerprintMaker = new FingerprintMaker();
  hasItem = false;
  /** What the answer says as a number that is not 0: of a pair which sample is better, whichever side it was on. 0: it was skipped. */
  said = 0;
  /** Of a pair left and right; of other modes the sample, and the second stands still. */
  readonly #samples = [new FingerprintMaker(), new FingerprintMaker()] as const;

  /** Fills `id`, `group` and `content`. */
  takeAnswer(answer: Answer): this {
    const [first, second] = this.#samples;
    this.id.start().add(answer.id).mix();
    this.group.start(printOf(answer.mode)).add(answer.question).add(answer.rater).mix();
    const [one, other] = idsOf(answer);
    addId(first.start(), one!).mix();
    if (other !== undefined) addId(second.start(), other).mix();
    return this.#takeContent(answer);
  }

  /** Of the answer that was taken last: what it is about, and `said`. */
  takeMeaning(answer: Answer): this {
    this.hasItem = answer.queue !== undefined;
    if (answer.queue !== undefined) this.item.start(this.group).add(answer.queue).mix();
    return this.#takeMeaning(answer);
  }

  /** The same as `takeAnswer` of one that was scanned where it lies. */
  takeScan(bytes: Uint8Array, scan: LineScan): this {
    const [first, second] = this.#samples;
    this.id.start().addBytes(bytes, scan.idFrom, scan.idTo).mix();
    this.group.start(printOf(scan.mode)).addBytes(bytes, scan.questionFrom, scan.questionTo);
    this.group.addBytes(bytes, scan.raterFrom, scan.raterTo).mix();
    addName(first.start(), bytes, scan.left).mix();
    if (scan.mode === 'pair') addName(second.start(), bytes, scan.right).mix();
    return this.#takeContent(scan);
  }

  /** The same as `takeMeaning`. */
  takeScannedMeaning(bytes: Uint8Array, scan: LineScan): this {
    this.hasItem = scan.queueTo > 0;
    if (this.hasItem) this.item.start(this.group).addBytes(bytes, scan.queueFrom, scan.queueTo).mix();
    return this.#takeMeaning(scan);
  }

  /** The `group` of what is asked. */
  groupOf({ question, mode, rater }: Asked): Fingerprint {
    return this.group.start(printOf(mode)).add(question).add(rater).mix();
  }

  /** The `subject` of what is asked about some samples, by their ids. */
  subjectOf(asked: Asked, [one, other]: readonly string[]): Fingerprint {
    const [first, second] = this.#samples;
    this.groupOf(asked);
    addId(first.start(), one!).mix();
    if (other !== undefined) addId(second.start(), other).mix();
    return this.#takeSubject(other !== undefined, other !== undefined && this.#isLeftLess());
  }

  /** The `item` of what an item of a queue asks. */
  itemOf(asked: Asked, item: string): Fingerprint {
    return this.item.start(this.groupOf(asked)).add(item).mix();
  }

  #takeContent({ mode, answer }: Pick<Answer, 'mode' | 'answer'>): this {
    const [first, second] = this.#samples;
    this.content.start(this.group).addMixed(printOf(answer)).addMixed(first);
    if (mode === 'pair') this.content.addMixed(second);
    this.content.mix();
    return this;
  }

  #takeMeaning(said: Pick<Answer, 'mode' | 'answer'>): this {
    const isPair = said.mode === 'pair';
    const isLeftLess = isPair && this.#isLeftLess();
    this.#takeSubject(isPair, isLeftLess);
    this.said = sayingOf(said, isLeftLess);
    return this;
  }

  #takeSubject(isPair: boolean, isLeftLess: boolean): Fingerprint {
    const [first, second] = this.#samples;
    this.subject.start(this.group).addMixed(isPair && !isLeftLess ? second : first);
    if (isPair) this.subject.addMixed(isLeftLess ? second : first);
    return this.subject.mix();
  }

  /** Some order of the two samples of a pair. */
  #isLeftLess(): boolean {
    const [left, right] = this.#samples;
    return left.low < right.low || (left.low === right.low && left.high < right.high);
  }
}

/** Of words that come with each answer. */
const PRINTS: ReadonlyMap<Answer['answer'] | Mode, Fingerprint> = new Map(
  [...MODES, ...PAIR_CHOICES, ...KEEP_CHOICES].map((word) => [word, fingerprintOf(word)]),
);

function printOf(said: Answer['answer'] | Mode): Fingerprint {
  return PRINTS.get(said) ?? fingerprintOf(String(said));
}

/** Ratings are told apart to a thousandth. */
export const RATING_STEPS = 1000;

function sayingOf({ mode, answer }: Pick<Answer, 'mode' | 'answer'>, isLeftLess: boolean): number {
  if (answer === 'skip') return 0;
  if (typeof answer === 'number') return 1 + Math.min(Math.round(RATING_STEPS * answer), 2 ** 30);
  if (mode !== 'pair') return answer === 'keep' ? 1 : 2;
  if (answer === 'tie' || answer === 'both-bad') return 3;
  return (answer === 'left' || answer === 'much-left') === isLeftLess ? 1 : 2;
}

/** What the ids of samples begin with that have no hash. */
const KEY_PREFIX = 'key:';

function addId(to: FingerprintMaker, id: string): FingerprintMaker {
  return id.startsWith(KEY_PREFIX) ? to.add(KEY_PREFIX).add(id.slice(KEY_PREFIX.length)) : to.add(id);
}

/** The same of the id of a sample that was scanned. */
function addName(to: FingerprintMaker, bytes: Uint8Array, name: NameScan): FingerprintMaker {
  return name.hashFrom >= 0
    ? to.addBytes(bytes, name.hashFrom, name.hashTo)
    : to.add(KEY_PREFIX).addBytes(bytes, name.keyFrom, name.keyTo);
}
