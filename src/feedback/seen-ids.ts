import { type FeedbackRecord, isRetraction, sampleId } from './answer.ts';
import { FingerprintTable, fingerprintOf } from './fingerprint.ts';

/** What an id was met as before: not at all, with the same record, or with another. */
export type Sighting = 'new' | 'repeated' | 'id-reused';

/** The ids of records, what each said, and 32-bit numbers kept with it. */
export class SeenIds {
  readonly #ids: FingerprintTable;
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
    const key = fingerprintOf(record.id);
    const place = this.#ids.find(key);
    const content = contentOf(record);
    if (place >= 0) return this.#ids.get(place, 0) === content ? 'repeated' : 'id-reused';
    this.#added = this.#ids.add(key);
    this.#ids.put(this.#added, 0, content);
    return 'new';
  }

  /** Where the numbers of the id are that was added last. */
  get added(): number {
    return this.#added;
  }

  /** The same of a record that is not to be remembered. */
  look(record: FeedbackRecord): Sighting {
    const place = this.#ids.find(fingerprintOf(record.id));
    if (place < 0) return 'new';
    return this.#ids.get(place, 0) === contentOf(record) ? 'repeated' : 'id-reused';
  }

  /** Where the numbers of an id are until the next is added; -1 where it is not there. */
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

/** Stands for what a record says, but for when and how: a client that sends it again may have lost these. */
function contentOf(record: FeedbackRecord): number {
  if (isRetraction(record)) return fingerprintOf(record.retracts).low;
  const { question, mode, rater } = record;
  const answer = String(record.answer);
  return record.mode === 'pair'
    ? fingerprintOf(question, mode, answer, rater, sampleId(record.left), sampleId(record.right)).low
    : fingerprintOf(question, mode, answer, rater, sampleId(record.sample)).low;
}
