import { type Answer, type Asked, type FeedbackRecord, isRetraction, type Mode } from './answer.ts';
import { AnswerKeys, RATING_STEPS } from './answer-keys.ts';
import type { Fingerprint } from './fingerprint.ts';
import { FingerprintTable } from './fingerprint-table.ts';
import { LastAnswers, type LinePlace } from './last-answers.ts';
import type { LineScan } from './line-scan.ts';
import type { ScannedLine } from './records.ts';
import { SeenIds, type Sighting } from './seen-ids.ts';

/** What one rater has answered to one question in one mode. */
export interface Standing extends Asked {
  /** Answers that stand: neither skipped nor taken back. */
  readonly answers: number;
  readonly skips: number;
  readonly retracted: number;
  /** Answers about a sample or pair that the rater had answered before, and how many of them say the same; of ratings, no more than 1 away. */
  readonly repeats: Readonly<Repeats>;
  /** The last of those that stand or were skipped, oldest first; at most 100. */
  readonly last: readonly Answer[];
}

interface Repeats {
  compared: number;
  agreed: number;
}

class Group implements Standing {
  readonly question: string;
  readonly rater: string;
  readonly mode: Mode;
  /** From 1. */
  readonly number: number;
  answers = 0;
  skips = 0;
  retracted = 0;
  readonly repeats: Repeats = { compared: 0, agreed: 0 };
  readonly held: LastAnswers = new LastAnswers();

  constructor({ question, rater, mode }: Asked, number: number) {
    this.question = question;
    this.rater = rater;
    this.mode = mode;
    this.number = number;
  }

  get last(): readonly Answer[] {
    return this.held.list;
  }
}

/**
 * The numbers kept with an id: its group from 1 on (0: none; below 0: taken back), what it says (0: skipped), where its subject lies in what was asked,
 * a fingerprint of its item (0 and 0: none), and what the rater had said about the subject before (0: nothing).
 */
const KEPT = { group: 0, said: 1, subject: 2, itemLow: 3, itemHigh: 4, before: 5 } as const;
const KEPT_COUNT = Object.keys(KEPT).length;

/** The numbers kept with what was asked: how many answers there are, and what the last said (0: none, or skipped). */
const ASKED = { count: 0, said: 1 } as const;

/**
 * What has been answered so far, in some ten bytes for each thing known of an answer: a million answers take about 70 MB. For who asks on where
 * others, or the same before a break, have ended.
 */
export class FeedbackState {
  readonly #groups: Group[] = [];
  /** Their places here are those of the groups. */
  readonly #groupKeys = new FingerprintTable(0);
  /** Of an answer with its group, whether it was skipped, and what was asked: enough to take it back. */
  readonly #ids: SeenIds;
  /** How many answers stand for a group and a sample or pair. */
  readonly #asked: FingerprintTable;
  /** How many for a group and an item of a queue; not made before it is asked for. */
  #items: FingerprintTable | undefined;
  /** Ids that were taken back before their answers came. */
  readonly #early = new Set<string>();
  readonly #keys = new AnswerKeys();

  /** @param expected about how many answers there will be */
  constructor(expected = 0) {
    this.#ids = new SeenIds(KEPT_COUNT, expected);
    this.#asked = new FingerprintTable(2, expected);
  }

  /** Takes a record into account, unless its id was there before. */
  add(record: FeedbackRecord): Sighting {
    if (isRetraction(record)) {
      const sighting = this.#ids.add(record);
      if (sighting === 'new') this.#retract(record.retracts);
      return sighting;
    }
    const keys = this.#keys.takeAnswer(record);
    const sighting = this.#ids.addKeys(keys.id, keys.content);
    if (sighting !== 'new') return sighting;
    keys.takeMeaning(record);
    const group = this.#groupOf(keys.group) ?? this.#newGroup(keys, record);
    if (this.#isEarly(group, record.id)) return sighting;
    this.#count(group, keys);
    group.held.push(this.#ids.added, record);
    return sighting;
  }

  /** The same of an answer that was scanned where it lies; `settle` has to follow. */
  addScanned({ bytes, from, to, position, scan }: Readonly<ScannedLine>): Sighting {
    const keys = this.#keys.takeScan(bytes, scan);
    const sighting = this.#ids.addKeys(keys.id, keys.content);
    if (sighting !== 'new') return sighting;
    keys.takeScannedMeaning(bytes, scan);
    const group = this.#groupOf(keys.group) ?? this.#newGroup(keys, askedOf(bytes, scan));
    if (this.#early.size > 0 && this.#isEarly(group, bytes.toString('latin1', scan.idFrom, scan.idTo)))
      return sighting;
    this.#count(group, keys);
    group.held.pushPlace(this.#ids.added, position, to - from);
    return sighting;
  }

  /** Whether a record's id was there before. */
  look(record: FeedbackRecord): Sighting {
    return this.#ids.look(record);
  }

  /** Who gave the answer of an id, taken back or not; undefined where no answer has it. */
  raterOf(id: string): string | undefined {
    const place = this.#ids.find(id);
    return place < 0 ? undefined : this.#groups[Math.abs(this.#ids.get(place, KEPT.group)) - 1]?.rater;
  }

  /** What each rater has answered to each question, in the order in which they began. */
  standings(): readonly Standing[] {
    return this.#groups;
  }

  /** The same of one; undefined where nothing was answered. */
  standing(asked: Asked): Standing | undefined {
    return this.#groupOf(this.#keys.groupOf(asked));
  }

  /** How many of a rater's answers to a question are about a sample or pair , those that were skipped as well. @param ids of the sample, or of both (`sampleId`) */
  answersAbout(asked: Asked, ids: readonly string[]): number {
    return countOf(this.#asked, this.#keys.subjectOf(asked, ids));
  }

  /** How many of them were asked by an item of a queue. */
  answersToItem(asked: Asked, item: string): number {
    this.#items ??= this.#countItems();
    return countOf(this.#items, this.#keys.itemOf(asked, item));
  }

  /** To be called when all was scanned: until then `last` lacks what was. */
  async settle(answerAt: (place: LinePlace) => Promise<Answer>): Promise<void> {
    for (const { held } of this.#groups) await held.settle(answerAt);
  }

  #countItems(): FingerprintTable {
    const items = new FingerprintTable(1);
    for (let place = 0; place < this.#ids.size; place++)
      if (this.#ids.get(place, KEPT.group) > 0) change(items, this.#itemOf(place), 1);
    return items;
  }

  #itemOf(place: number): Fingerprint {
    return { low: this.#ids.get(place, KEPT.itemLow), high: this.#ids.get(place, KEPT.itemHigh) };
  }

  /** Whether the answer that was added last was taken back before it came. */
  #isEarly(group: Group, id: string): boolean {
    if (!this.#early.delete(id)) return false;
    this.#ids.put(this.#ids.added, KEPT.group, -group.number);
    group.retracted++;
    return true;
  }

  /** Counts the answer that was added last. */
  #count(group: Group, keys: AnswerKeys): void {
    const place = this.#ids.added;
    const { said } = keys;
    if (said === 0) group.skips++;
    else group.answers++;
    const subject = change(this.#asked, keys.subject, 1);
    const before = this.#asked.get(subject, ASKED.said);
    compare(group, [before, said], 1);
    if (said !== 0) this.#asked.put(subject, ASKED.said, said);
    this.#ids.put(place, KEPT.group, group.number);
    this.#ids.put(place, KEPT.said, said);
    this.#ids.put(place, KEPT.before, before);
    this.#ids.put(place, KEPT.subject, subject);
    if (!keys.hasItem) return;
    this.#ids.put(place, KEPT.itemLow, keys.item.low);
    this.#ids.put(place, KEPT.itemHigh, keys.item.high);
    if (this.#items) change(this.#items, keys.item, 1);
  }

  #retract(id: string): void {
    const place = this.#ids.find(id);
    if (place < 0) {
      this.#early.add(id);
      return;
    }
    const kept = (number: number): number => this.#ids.get(place, number);
    const group = this.#groups[kept(KEPT.group) - 1];
    if (!group) return;
    this.#ids.put(place, KEPT.group, -group.number);
    group.retracted++;
    const [before, said] = [kept(KEPT.before), kept(KEPT.said)];
    if (said === 0) group.skips--;
    else group.answers--;
    compare(group, [before, said], -1);
    group.held.remove(place);
    const subject = kept(KEPT.subject);
    this.#asked.put(subject, ASKED.count, this.#asked.get(subject, ASKED.count) - 1);
    if (this.#asked.get(subject, ASKED.said) === said) this.#asked.put(subject, ASKED.said, before);
    if (this.#items) change(this.#items, this.#itemOf(place), -1);
  }

  #groupOf(group: Fingerprint): Group | undefined {
    const place = this.#groupKeys.find(group);
    return place < 0 ? undefined : this.#groups[place];
  }

  #newGroup({ group }: AnswerKeys, asked: Asked): Group {
    const place = this.#groupKeys.findOrAdd(group);
    const added = new Group(asked, place + 1);
    this.#groups.push(added);
    return added;
  }
}

function countOf(table: FingerprintTable, key: Fingerprint): number {
  const place = table.find(key);
  return place < 0 ? 0 : table.get(place, ASKED.count);
}

/** Changes a count; gives where it is. */
function change(table: FingerprintTable, key: Fingerprint, by: number): number {
  const place = table.findOrAdd(key);
  table.put(place, ASKED.count, table.get(place, ASKED.count) + by);
  return place;
}

function askedOf(bytes: Buffer, { questionFrom, questionTo, raterFrom, raterTo, mode }: LineScan): Asked {
  return {
    question: bytes.toString('latin1', questionFrom, questionTo),
    rater: bytes.toString('latin1', raterFrom, raterTo),
    mode,
  };
}

/** Ratings that are so far apart still say the same. */
const RATING_SLACK = 1;

/** Counts whether an answer says what the one before about the same said. @param by -1 where it is taken back */
function compare({ mode, repeats }: Group, [before, said]: readonly [number, number], by: 1 | -1): void {
  if (before === 0 || said === 0) return;
  const isSame = mode === 'rating' ? Math.abs(before - said) <= RATING_SLACK * RATING_STEPS : before === said;
  repeats.compared += by;
  if (isSame) repeats.agreed += by;
}
