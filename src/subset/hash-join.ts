import type { CodeCount } from './account.ts';
import { CODE_BITS, DUPLICATE } from './codes.ts';
import { CODE_SHIFT, DROPPED, RECORD_WORDS, rowOf, WITHOUT_HASH } from './records.ts';

/** Hashes that a source has more than once, and the rows beyond the first of each. */
export interface Duplicates {
  readonly hashes: number;
  readonly rows: number;
}

/** What the join has to know. */
export interface JoinRules {
  /** The words of a record of each tag table. */
  readonly tagWords: readonly number[];
  /** For each set of tables (bit t: table t) that know a hash: the bits of what the others do not say. */
  readonly absentCodes: readonly number[];
  /** Marks rows whose hash an earlier judged row has. */
  readonly deduplicate: boolean;
  /** The selections that keep a row of this code, as bits. */
  readonly keptBy: (code: number) => number;
  /** Told of each row that is kept: its number, its selections, and the rest. */
  readonly onKept: (row: number, mask: number, found: FoundRow) => void;
}

/** What was found of a row: gone with the next one. */
export interface FoundRow {
  readonly code: number;
  /** The halves of its hash, mixed (records.ts). */
  readonly lo: number;
  readonly hi: number;
  readonly hasHash: boolean;
  /** The tables that know its hash, a bit each. */
  readonly known: number;
  /** For each of them, one table after the other, the words of its tag's record that follow its hash. */
  readonly tags: Uint32Array;
}

/*
 * A slot of the hash table: both halves of a hash, and its state. The state holds the codes of its tags in the lower
 * bits, and above them, for each table, whether it has the hash and whether it has it again; the same for the metadata.
 */
const SLOT_WORDS = 3;
const CODE_MASK = 2 ** CODE_BITS - 1;
const MAX_TABLES = 3;
const TABLE_SHIFT = CODE_BITS;
const TABLE_MASK = 2 ** MAX_TABLES - 1;
const AGAIN_SHIFT = TABLE_SHIFT + MAX_TABLES;
const SEEN = 1 << (AGAIN_SHIFT + MAX_TABLES);
const SEEN_AGAIN = SEEN << 1;
const JUDGED = SEEN << 2;
const OCCUPIED = SEEN << 3;

/** The words of a record that are its hash. */
const HASH_WORDS = 2;

const FIRST_CAPACITY = 2 ** 15;
const MAX_LOAD = 0.6;

/**
 * Joins tags to metadata in memory, one partition of hashes after the other: `addTags` for all tables, `judge` for the
 * metadata, both in the order of their rows, then `clear`.
 */
export class HashJoin {
  readonly tagDuplicates: { hashes: number; rows: number }[];
  readonly metadataDuplicates: { hashes: number; rows: number } = { hashes: 0, rows: 0 };
  readonly #rules: JoinRules;
  /** Rows by code: of all codes few are seen, and the pages of the others stay untouched. */
  readonly #rows: Float64Array = new Float64Array(2 ** CODE_BITS);
  readonly #seen: number[] = [];
  /** The selections of a code once they are known, else -1. */
  readonly #masks: Int16Array = new Int16Array(2 ** CODE_BITS).fill(-1);
  readonly #row: { -readonly [Fact in keyof FoundRow]: FoundRow[Fact] };
  /** Where the words of each table's tag begin among those of a slot, and how many there are of all. */
  readonly #tagStarts: readonly number[];
  readonly #slotTagWords: number;
  #capacity = FIRST_CAPACITY;
  #used = 0;
  #slots: Int32Array = new Int32Array(FIRST_CAPACITY * SLOT_WORDS);
  /** For each slot the words of its tags. */
  #tags: Uint32Array;

  constructor(rules: JoinRules) {
    this.#rules = rules;
    this.tagDuplicates = rules.tagWords.map(() => ({ hashes: 0, rows: 0 }));
    this.#tagStarts = tagStarts(rules.tagWords);
    this.#slotTagWords = rules.tagWords.reduce((sum, words) => sum + words - HASH_WORDS, 0);
    this.#tags = new Uint32Array(FIRST_CAPACITY * this.#slotTagWords);
    const tags = new Uint32Array(this.#slotTagWords);
    this.#row = { code: 0, lo: 0, hi: 0, hasHash: false, known: 0, tags };
  }

  /** How many rows have a code, in the order of the codes; those that no row has are left out. */
  get codes(): CodeCount[] {
    const codes = this.#seen.toSorted((a, b) => a - b);
    return codes.map((code) => ({ code, rows: this.#rows[code]! }));
  }

  /** Takes rows of a tag table; the first of each hash counts. */
  addTags(table: number, records: Uint32Array): void {
    const words = this.#rules.tagWords[table]!;
    this.#makeRoom(records.length / words);
    const has = 1 << (TABLE_SHIFT + table);
    const hasAgain = 1 << (AGAIN_SHIFT + table);
    const duplicates = this.tagDuplicates[table]!;
    const [slots, tags] = [this.#slots, this.#tags];
    const [start, slotTagWords] = [this.#tagStarts[table]! - HASH_WORDS, this.#slotTagWords];
    const signed = signedWords(records);
    for (let at = 0; at < signed.length; at += words) {
      const flags = signed[at + 3]!;
      if ((flags & WITHOUT_HASH) !== 0) continue;
      const slot = this.#slotOf(signed[at]!, signed[at + 1]!);
      const state = slots[slot * SLOT_WORDS + 2]!;
      if ((state & has) === 0) {
        slots[slot * SLOT_WORDS + 2] = state | has | ((flags >>> CODE_SHIFT) & CODE_MASK);
        const to = slot * slotTagWords + start;
        for (let word = HASH_WORDS; word < words; word++) tags[to + word] = signed[at + word]!;
        continue;
      }
      duplicates.rows++;
      if ((state & hasAgain) !== 0) continue;
      duplicates.hashes++;
      slots[slot * SLOT_WORDS + 2] = state | hasAgain;
    }
  }

  /** Takes rows of the metadata: counts them by code and tells of those that are kept. */
  judge(records: Uint32Array): void {
    this.#makeRoom(records.length / RECORD_WORDS);
    const { absentCodes, deduplicate } = this.#rules;
    const [slots, signed] = [this.#slots, signedWords(records)];
    const duplicates = this.metadataDuplicates;
    for (let at = 0; at < signed.length; at += RECORD_WORDS) {
      const flags = signed[at + 3]!;
      const own = flags >>> CODE_SHIFT;
      if ((flags & WITHOUT_HASH) !== 0) {
        if ((flags & DROPPED) === 0) this.#decide(own | absentCodes[0]!, records, at, -1);
        continue;
      }
      const slot = this.#slotOf(signed[at]!, signed[at + 1]!);
      const state = slots[slot * SLOT_WORDS + 2]!;
      let next = state | SEEN;
      if ((state & SEEN) !== 0) {
        duplicates.rows++;
        if ((state & SEEN_AGAIN) === 0) duplicates.hashes++;
        next |= SEEN_AGAIN;
      }
      if ((flags & DROPPED) === 0) {
        const known = (state >>> TABLE_SHIFT) & TABLE_MASK;
        const repeated = deduplicate && (state & JUDGED) !== 0 ? DUPLICATE : 0;
        this.#decide(own | (state & CODE_MASK) | absentCodes[known]! | repeated, records, at, slot);
        next |= JUDGED;
      }
      slots[slot * SLOT_WORDS + 2] = next;
    }
  }

  /** Forgets the rows, not the counts. */
  clear(): void {
    this.#slots.fill(0);
    this.#used = 0;
  }

  #decide(code: number, records: Uint32Array, at: number, slot: number): void {
    this.#rows[code]!++;
    let mask = this.#masks[code]!;
    if (mask < 0) {
      mask = this.#rules.keptBy(code);
      this.#masks[code] = mask;
      this.#seen.push(code);
    }
    if (mask === 0) return;
    const row = this.#row;
    const state = slot < 0 ? 0 : this.#slots[slot * SLOT_WORDS + 2]!;
    row.code = code;
    row.lo = records[at]!;
    row.hi = records[at + 1]!;
    row.hasHash = slot >= 0;
    row.known = (state >>> TABLE_SHIFT) & TABLE_MASK;
    const words = this.#slotTagWords;
    if (row.known !== 0)
      for (let word = 0; word < words; word++) row.tags[word] = this.#tags[slot * words + word]!;
    this.#rules.onKept(rowOf(records, at), mask, row);
  }

  /** The slot of a hash; a new one where there is none. */
  #slotOf(lo: number, hi: number): number {
    const slots = this.#slots;
    const last = this.#capacity - 1;
    for (let slot = lo & last; ; slot = (slot + 1) & last) {
      const at = slot * SLOT_WORDS;
      if (slots[at + 2] === 0) {
        slots[at] = lo;
        slots[at + 1] = hi;
        slots[at + 2] = OCCUPIED;
        this.#used++;
        return slot;
      }
      if (slots[at] === lo && slots[at + 1] === hi) return slot;
    }
  }

  #makeRoom(count: number): void {
    let capacity = this.#capacity;
    while (this.#used + count > capacity * MAX_LOAD) capacity *= 2;
    if (capacity === this.#capacity) return;
    const [slots, tags, words] = [this.#slots, this.#tags, this.#slotTagWords];
    this.#capacity = capacity;
    this.#used = 0;
    this.#slots = new Int32Array(capacity * SLOT_WORDS);
    this.#tags = new Uint32Array(capacity * words);
    for (let from = 0; from * SLOT_WORDS < slots.length; from++) {
      const at = from * SLOT_WORDS;
      if (slots[at + 2] === 0) continue;
      const slot = this.#slotOf(slots[at]!, slots[at + 1]!);
      this.#slots[slot * SLOT_WORDS + 2] = slots[at + 2]!;
      this.#tags.set(tags.subarray(from * words, (from + 1) * words), slot * words);
    }
  }
}

/** The same words as int32: a word above 2^31 is an object to V8 until it has compiled what reads it, one below it never is. */
function signedWords({ buffer, byteOffset, length }: Uint32Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

/** Where the words of each table's tag begin, one table after the other. */
export function tagStarts(tagWords: readonly number[]): number[] {
  let start = 0;
  return tagWords.map((words) => {
    start += words - HASH_WORDS;
    return start - (words - HASH_WORDS);
  });
}
