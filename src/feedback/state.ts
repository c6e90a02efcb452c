import { type Answer, type FeedbackRecord, isRetraction, type Mode, sampleId, subjectOf } from './answer.ts';
import { type Fingerprint, FingerprintTable, fingerprintOf } from './fingerprint.ts';
import { SeenIds, type Sighting } from './seen-ids.ts';

/** So many of the last answers of each rater are held whole, to be taken back. */
const LAST_ANSWERS = 100;

/** Who answers what, and how. */
export interface Asked {
  readonly question: string;
  readonly rater: string;
  readonly mode: Mode;
}

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

interface Group extends Standing {
  readonly name: string;
  /** From 1. */
  readonly number: number;
  answers: number;
  skips: number;
  retracted: number;
  readonly repeats: Repeats;
  readonly last: Answer[];
}

/**
 * The numbers kept with an id: its group from 1 on (0: none; below 0: taken back), what it says (0: skipped), fingerprints of subject and item, and
 * what the rater had said about the subject before (0: nothing).
 */
const KEPT = {
  group: 0,
  said: 1,
  subjectLow: 2,
  subjectHigh: 3,
  itemLow: 4,
  itemHigh: 5,
  before: 6,
} as const;

/** The numbers kept with what was asked: how many answers there are, and what the last said (0: none, or skipped). */
const ASKED = { count: 0, said: 1 } as const;

/**
 * What has been answered so far, in some ten bytes for each thing known of an answer: a million answers take about 150 MB. For who asks on where
 * others, or the same before a break, have ended.
 */
export class FeedbackState {
  readonly #groups: Group[] = [];
  readonly #groupsByName = new Map<string, Group>();
  /** Of an answer with its group, whether it was skipped, and what was asked: enough to take it back. */
  readonly #ids: SeenIds;
  /** How many answers stand for a group and a sample or pair, or for a group and an item of a queue. */
  readonly #asked: FingerprintTable;
  /** Ids that were taken back before their answers came. */
  readonly #early = new Set<string>();

  /** @param expected about how many answers there will be */
  constructor(expected = 0) {
    this.#ids = new SeenIds(7, expected);
    this.#asked = new FingerprintTable(2, expected);
  }

  /** Takes a record into account, unless its id was there before. */
  add(record: FeedbackRecord): Sighting {
    const sighting = this.#ids.add(record);
    if (sighting === 'new') {
      if (isRetraction(record)) this.#retract(record.retracts);
      else this.#count(record);
    }
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
    return this.#groupsByName.get(groupName(asked));
  }

  /** How many of a rater's answers to a question are about a sample or pair (`subjectOf`), those that were skipped as well. */
  answersAbout(asked: Asked, subject: string): number {
    return this.#countOf(asked, 'about', subject);
  }

  /** How many of them were asked by an item of a queue. */
  answersToItem(asked: Asked, item: string): number {
    return this.#countOf(asked, 'item', item);
  }

  #countOf(asked: Asked, kind: 'about' | 'item', what: string): number {
    const group = this.#groupsByName.get(groupName(asked));
    const place = group ? this.#asked.find(fingerprintOf(group.name, kind, what)) : -1;
    return place < 0 ? 0 : this.#asked.get(place, ASKED.count);
  }

  #count(answer: Answer): void {
    const group = this.#groupOf(answer);
    if (this.#early.delete(answer.id)) {
      this.#ids.put(this.#ids.added, KEPT.group, -group.number);
      group.retracted++;
      return;
    }
    const said = sayingOf(answer);
    if (said === 0) group.skips++;
    else group.answers++;
    group.last.push(answer);
    if (group.last.length > LAST_ANSWERS) group.last.shift();
    const subject = fingerprintOf(group.name, 'about', subjectOf(answer));
    const asked = this.#change(subject, 1);
    const before = this.#asked.get(asked, ASKED.said);
    compare(group, [before, said], 1);
    if (said !== 0) this.#asked.put(asked, ASKED.said, said);
    const place = this.#ids.added;
    this.#ids.put(place, KEPT.group, group.number);
    this.#ids.put(place, KEPT.said, said);
    this.#ids.put(place, KEPT.before, before);
    this.#ids.put(place, KEPT.subjectLow, subject.low);
    this.#ids.put(place, KEPT.subjectHigh, subject.high);
    if (answer.queue === undefined) return;
    const item = fingerprintOf(group.name, 'item', answer.queue);
    this.#change(item, 1);
    this.#ids.put(place, KEPT.itemLow, item.low);
    this.#ids.put(place, KEPT.itemHigh, item.high);
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
    const at = group.last.findLastIndex((answer) => answer.id === id);
    if (at >= 0) group.last.splice(at, 1);
    const asked = this.#change({ low: kept(KEPT.subjectLow), high: kept(KEPT.subjectHigh) }, -1);
    if (this.#asked.get(asked, ASKED.said) === said) this.#asked.put(asked, ASKED.said, before);
    const item = { low: kept(KEPT.itemLow), high: kept(KEPT.itemHigh) };
    if (item.low !== 0 || item.high !== 0) this.#change(item, -1);
  }

  /** Gives up what the texts of the last answers were cut out of. */
  settle(): void {
    for (const { last } of this.#groups) last.splice(0, LAST_ANSWERS, ...structuredClone(last));
  }

  /** Gives the place of what was asked. */
  #change(what: Fingerprint, by: number): number {
    const found = this.#asked.find(what);
    const place = found < 0 ? this.#asked.add(what) : found;
    this.#asked.put(place, ASKED.count, this.#asked.get(place, ASKED.count) + by);
    return place;
  }

  #groupOf({ question, rater, mode }: Asked): Group {
    const name = groupName({ question, rater, mode });
    const known = this.#groupsByName.get(name);
    if (known) return known;
    const number = this.#groups.length + 1;
    const counts = { answers: 0, skips: 0, retracted: 0, repeats: { compared: 0, agreed: 0 } };
    const group = { question, rater, mode, name, number, ...counts, last: [] };
    this.#groups.push(group);
    this.#groupsByName.set(name, group);
    return group;
  }
}

function groupName({ question, mode, rater }: Asked): string {
  return `${question} ${mode} ${rater}`;
}

/** Ratings are told apart to a thousandth. */
const RATING_STEPS = 1000;
/** Ratings that are so far apart still say the same. */
const RATING_SLACK = 1;

/** What an answer says as a number that is not 0: of a pair which sample is better, whichever side it was on. 0: it was skipped. */
function sayingOf(answer: Answer): number {
  if (answer.answer === 'skip') return 0;
  if (typeof answer.answer === 'number')
    return 1 + Math.min(Math.round(RATING_STEPS * answer.answer), 2 ** 30);
  if (answer.mode !== 'pair') return answer.answer === 'keep' ? 1 : 2;
  if (answer.answer === 'tie' || answer.answer === 'both-bad') return 3;
  const isLeft = answer.answer === 'left' || answer.answer === 'much-left';
  return isLeft === sampleId(answer.left) < sampleId(answer.right) ? 1 : 2;
}

/** Counts whether an answer says what the one before about the same said. @param by -1 where it is taken back */
function compare({ mode, repeats }: Group, [before, said]: readonly [number, number], by: 1 | -1): void {
  if (before === 0 || said === 0) return;
  const isSame = mode === 'rating' ? Math.abs(before - said) <= RATING_SLACK * RATING_STEPS : before === said;
  repeats.compared += by;
  if (isSame) repeats.agreed += by;
}
