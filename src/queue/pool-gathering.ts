import { type SampleName, sampleId } from '../feedback/answer.ts';
import { randomBits } from '../learn/random.ts';
import { placeOf } from '../learn/split.ts';
import type { RescorePlan } from '../rescore/plan.ts';
import { RowChoice } from './row-choice.ts';
import type { Scorer } from './scorer.ts';

/** Which collection is looked at, and how. */
export interface PoolRequest {
  readonly inputs: readonly string[];
  readonly embeddingColumn?: string | undefined;
  readonly hashColumn?: string | undefined;
  /** At most so many samples, by chance among all; 0 for all. */
  readonly size: number;
  readonly seed: number;
  /** Samples that were answered about: they are looked for among all rows. */
  readonly answered: readonly SampleName[];
  readonly scorer?: Scorer | undefined;
  /** Looks at the plan before rows are read. */
  readonly check: (plan: RescorePlan) => void;
  readonly signal?: AbortSignal | undefined;
  readonly onNote: (note: string) => void;
  readonly onProgress: (what: string, done: number, total: number) => void;
}

/** Samples that can be asked about, by numbers. What is known of each lies in columns: a million take some hundred megabytes. */
export interface Pool {
  /** What each is told from others by: its hash as decimal text, else `key:` and its key. */
  readonly ids: readonly string[];
  readonly keys: readonly (string | undefined)[];
  /** Numbers of those that are learned from, and of those held out, as `train` parts them. */
  readonly training: Int32Array;
  readonly heldOut: Int32Array;
  /** float32(samples x members), in the head's unit; empty without a head. */
  readonly scores: Float32Array;
  /** Of answered samples, by `sampleId` of their names there: the sample's id in the collection. */
  readonly idOfAnswered: ReadonlyMap<string, string>;
  /** The names of these in the collection, by their ids. */
  readonly names: ReadonlyMap<string, SampleName>;
  /** Rows of the collection. */
  readonly rowCount: number;
  /** Rows whose embedding has no length or is not finite; not known without a head. */
  readonly unusable: number;
}

/** The name of a sample of the pool. */
export function nameIn({ ids, keys }: Pool, number: number): SampleName {
  return nameFrom(ids[number]!, keys[number]);
}

function nameFrom(id: string, key: string | undefined): SampleName {
  return id.startsWith('key:') ? { key: id.slice(4) } : { hash: id, ...(key !== undefined && { key }) };
}

/** What was found so far. */
export class Gathering {
  readonly request: PoolRequest;
  readonly #rowCount: number;
  readonly #choice: RowChoice;
  readonly #wanted = new Map<string, string>();
  readonly #idOfAnswered = new Map<string, string>();
  readonly #names = new Map<string, SampleName>();
  readonly #seen = new Set<string>();
  readonly #ids: string[] = [];
  readonly #keys: (string | undefined)[] = [];
  readonly #scores: Float32Array;
  readonly #isUnusable: Uint8Array;

  constructor(request: PoolRequest, rowCount: number) {
    const { size, seed, answered, scorer } = request;
    const most = size === 0 ? rowCount : Math.min(size, rowCount);
    this.request = request;
    this.#rowCount = rowCount;
    this.#choice = new RowChoice(rowCount, most, randomBits(`bowerbird queue pool ${seed}`));
    this.#scores = new Float32Array(most * (scorer?.members ?? 0));
    this.#isUnusable = new Uint8Array(most);
    for (const name of answered) {
      const { hash, key } = name;
      const id = sampleId(name);
      if (hash !== undefined) this.#wanted.set(hash, id);
      // A hash says more than a key.
      else this.#wanted.set(`key:${key}`, id);
    }
  }

  /** Takes a row that has a hash or a key; gives its number where it is one of the pool. */
  add(hash: bigint | undefined, key: string | undefined): number | undefined {
    const id = hash === undefined ? `key:${key}` : String(hash);
    const isTaken = this.#choice.takesNext();
    const asked = this.#wanted.get(id) ?? (key === undefined ? undefined : this.#wanted.get(`key:${key}`));
    if (asked !== undefined && !this.#idOfAnswered.has(asked)) {
      this.#idOfAnswered.set(asked, id);
      this.#names.set(id, nameFrom(id, key));
    }
    if (!isTaken || this.#seen.has(id)) return undefined;
    this.#seen.add(id);
    this.#keys.push(key);
    return this.#ids.push(id) - 1;
  }

  /** A row without a name cannot be asked about. */
  passOver(): void {
    this.#choice.takesNext();
  }

  putScores(number: number, scores: Float64Array): void {
    this.#scores.set(scores, number * scores.length);
  }

  markUnusable(number: number): void {
    this.#isUnusable[number] = 1;
  }

  result(): Pool {
    const numbers = Int32Array.from(this.#ids, (_, number) => number);
    const isHeldOut = Uint8Array.from(this.#ids, (id) => Number(placeOf(id).isHeldOut));
    const usable = numbers.filter((number) => !this.#isUnusable[number]);
    return {
      ids: this.#ids,
      keys: this.#keys,
      training: usable.filter((number) => !isHeldOut[number]),
      heldOut: usable.filter((number) => isHeldOut[number]),
      scores: this.#scores,
      idOfAnswered: this.#idOfAnswered,
      names: this.#names,
      rowCount: this.#rowCount,
      unusable: numbers.length - usable.length,
    };
  }
}
