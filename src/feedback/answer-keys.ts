import { type Answer, type Mode, sampleId, subjectOf } from './answer.ts';
import { FingerprintMaker } from './fingerprint.ts';
import type { LineScan, NameScan } from './line-scan.ts';

/** Who answers what, and how. */
export interface Asked {
  readonly question: string;
  readonly rater: string;
  readonly mode: Mode;
}

const KEY_PREFIX = 'key:';

/**
 * What an answer is compared by, in numbers: the same whether it was read as an object or scanned where it lies. One is filled again and again.
 */
export class AnswerKeys {
  readonly id: FingerprintMaker = new FingerprintMaker();
  /** Who answered what, and how. */
  readonly group: FingerprintMaker = new FingerprintMaker();
  /** What it says, but for when and how: a client that sends it again may have lost these. */
  readonly content: FingerprintMaker = new FingerprintMaker();
  /** Who answered about which sample or pair. */
  readonly subject: FingerprintMaker = new FingerprintMaker();
  /** Who answered which item of a queue; nothing where `hasItem` is false. */
  readonly item: FingerprintMaker = new FingerprintMaker();
  hasItem = false;
  /** What the answer says as a number that is not 0: of a pair which sample is better, whichever side it was on. 0: it was skipped. */
  said = 0;
  /** Who answered what and how, where others go on from. */
  readonly #before = new FingerprintMaker();

  /** Fills `id`, `group` and `content`. */
  takeAnswer(answer: Answer): this {
    const { content } = this;
    this.id.start().add(answer.id).end().mix();
    this.#begin().add(answer.question).end().add(answer.mode).end().add(answer.rater).end();
    this.group.start(this.#before).mix();
    content.start(this.#before).add(String(answer.answer)).end();
    if (answer.mode === 'pair') content.add(sampleId(answer.left)).end().add(sampleId(answer.right)).end();
    else content.add(sampleId(answer.sample)).end();
    content.mix();
    return this;
  }

  /** Of the answer that was taken last: what it is about and says. */
  takeMeaning(answer: Answer): this {
    this.#about().add(subjectOf(answer)).end().mix();
    this.hasItem = answer.queue !== undefined;
    if (answer.queue !== undefined) this.#asking().add(answer.queue).end().mix();
    const isLeftLess = answer.mode === 'pair' && sampleId(answer.left) < sampleId(answer.right);
    this.said = sayingOf(answer, isLeftLess);
    return this;
  }

  /** The same of an answer that was scanned where it lies. */
  takeScan(bytes: Uint8Array, scan: LineScan): this {
    const { content } = this;
    const { left, right } = scan;
    this.id.start().addBytes(bytes, scan.idFrom, scan.idTo).end().mix();
    this.#begin().addBytes(bytes, scan.questionFrom, scan.questionTo).end().add(scan.mode).end();
    this.#before.addBytes(bytes, scan.raterFrom, scan.raterTo).end();
    this.group.start(this.#before).mix();
    addSample(content.start(this.#before).add(String(scan.answer)).end(), bytes, left).end();
    if (scan.mode === 'pair') addSample(content, bytes, right).end();
    content.mix();
    return this;
  }

  /** The same of the answer that was scanned last. */
  takeScannedMeaning(bytes: Uint8Array, scan: LineScan): this {
    const { left, right } = scan;
    const isPair = scan.mode === 'pair';
    const isLeftLess = isPair && isLess(bytes, left, right);
    const subject = addSample(this.#about(), bytes, isPair && !isLeftLess ? right : left);
    if (isPair) addSample(subject.add(' '), bytes, isLeftLess ? right : left);
    subject.end().mix();
    this.hasItem = scan.queueTo > 0;
    if (this.hasItem) this.#asking().addBytes(bytes, scan.queueFrom, scan.queueTo).end().mix();
    this.said = sayingOf(scan, isLeftLess);
    return this;
  }

  /** Of what is asked, `group` and one of these alone. */
  takeAsked({ question, mode, rater }: Asked, about: { readonly subject?: string; readonly item?: string }): this {
    this.#begin().add(question).end().add(mode).end().add(rater).end();
    this.group.start(this.#before).mix();
    if (about.subject !== undefined) this.#about().add(about.subject).end().mix();
    if (about.item !== undefined) this.#asking().add(about.item).end().mix();
    return this;
  }

  #begin(): FingerprintMaker {
    return this.#before.start();
  }

  #about(): FingerprintMaker {
    return this.subject.start(this.#before).add('about').end();
  }

  #asking(): FingerprintMaker {
    return this.item.start(this.#before).add('item').end();
  }
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

/** Adds what `sampleId` says. */
function addSample(to: FingerprintMaker, bytes: Uint8Array, name: NameScan): FingerprintMaker {
  return name.hashFrom >= 0
    ? to.addBytes(bytes, name.hashFrom, name.hashTo)
    : to.add(KEY_PREFIX).addBytes(bytes, name.keyFrom, name.keyTo);
}

/** Whether the `sampleId` of one sample comes before that of another, as texts are compared. */
function isLess(bytes: Uint8Array, one: NameScan, other: NameScan): boolean {
  const hasHash = one.hashFrom >= 0;
  // Digits and the minus come before letters.
  if (hasHash !== other.hashFrom >= 0) return hasHash;
  let a = hasHash ? one.hashFrom : one.keyFrom;
  let b = hasHash ? other.hashFrom : other.keyFrom;
  const aEnd = hasHash ? one.hashTo : one.keyTo;
  const bEnd = hasHash ? other.hashTo : other.keyTo;
  for (; a < aEnd && b < bEnd; a++, b++) if (bytes[a] !== bytes[b]) return bytes[a]! < bytes[b]!;
  return a === aEnd && b < bEnd;
}
