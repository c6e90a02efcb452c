import { type FeedbackRecord, isRetraction } from './answer.ts';
import { AnswerKeys } from './answer-keys.ts';
import { type Fingerprint, fingerprintOf } from './fingerprint.ts';
import { FingerprintTable } from './fingerprint-table.ts';

/** What an id was met as before: not at all, with the same record, or with another. */
export type Sighting = 'new' | 'repeated' | 'id-reused';

/** The ids of records, what each said, and 32-bit numbers kept with it. */
export class SeenIds {
  readonly #ids: FingerprintTable;
  readonly #keys = new AnswerKeys();
  #added = -1;

  /**
   * @param numbers how many numbers are kept with each id
   * @param expected about how many ids there will be
   */
  constructor(numbers = 0, expected = 0) {
    this.#ids = new FingerprintTable(1 + numbers, expected);
  }

  /** Whether a record is new; it is remembered where it is. */
  add(record: FeedbackRecord): Sighting {
    if (isRetraction(record)) return this.addKeys(fingerprintOf(record.id), fingerprintOf(record.retracts));
    const { id, content } = this.#keys.takeAnswer(record);
    return this.addKeys(id, content);
  }

  /** The same of a record of which these are known. */
  addKeys(id: Fingerprint, content: Fingerprint): Sighting {
    const size = this.#ids.size;
    const place = this.#ids.findOrAdd(id);
    if (place < size) return this.#ids.get(place, 0) === content.low ? 'repeated' : 'id-reused';
    this.#added = place;
    this.#ids.put(place, 0, content.low);
    return 'new';
  }

  /** Where the numbers of the id are that was added last. */
  get added(): number {
    return this.#added;
  }

  /** How many ids there are; where their numbers are goes from 0 on. */
  get size(): number {
    return this.#ids.size;
  }

  /** What `add` would say of a record that is not to be remembered. */
  look(record: FeedbackRecord): Sighting {
    const place = this.find(record.id);
    if (place < 0) return 'new';
    const { low } = isRetraction(record)
      ? fingerprintOf(record.retracts)
      : this.#keys.takeAnswer(record).content;
    return this.#ids.get(place, 0) === low ? 'repeated' : 'id-reused';
  }

  /** Where the numbers of an id are; -1 where it is not there. */
  find(id: string): number {
    return this.#ids.find(fingerprintOf(id));
  }

  get(place: number, number: number): number {
    return this.#ids.get(place, 1 + number);
  }

  put(place: number, number: number, value: number): void {
    this.#ids.put(place, 1 + number, value);
  }
}
