import { createHash } from 'node:crypto';
import { type Answer, type Asked, type FeedbackRecord, isRetraction, type Mode } from './answer.ts';
import { AnswerKeys } from './answer-keys.ts';
import { readLinePieces, searchFile } from './file-lines.ts';
import { type Fingerprint, fingerprintOf } from './fingerprint.ts';
import { FingerprintTable } from './fingerprint-table.ts';
import { lineOf } from './line.ts';
import { LINE_PROBLEMS, type LineProblem, ProblemCounts } from './problems.ts';
import { LineReader, readRecords } from './records.ts';
import { ScannedAnswers } from './scanned-answers.ts';
import { SeenIds, type Sighting } from './seen-ids.ts';

/** Which answers are wanted. */
export interface Wanted {
  /** Not given: those to all questions. */
  readonly questions?: readonly string[] | undefined;
  /** Not given: those of all modes. */
  readonly modes?: readonly Mode[] | undefined;
  /** Not given: those of all raters. */
  readonly raters?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of lines read so far. */
  readonly onProgress?: ((lines: number) => void) | undefined;
}

/** What the lines of feedback files were, all together: `lines` is the sum of the others. */
export interface LineCounts {
  /** Lines that are not blank. */
  readonly lines: number;
  /** Answers that stand, wanted or not. */
  readonly answers: number;
  /** Answers that were taken back. */
  readonly retracted: number;
  /** Lines that take an answer back. */
  readonly retractions: number;
  /** Lines that say again what another says under the same id. */
  readonly repeated: number;
  /** Lines that are none of these, by their reasons. */
  readonly problems: ProblemCounts;
}

/** Feedback files, read as one: first all of the first, then all of the second. */
export class FeedbackReader {
  readonly #paths: readonly string[];
  readonly #wanted: Wanted;
  readonly #problems = new ProblemCounts('line', LINE_PROBLEMS);
  readonly #counts = { lines: 0, answers: 0, retracted: 0, retractions: 0, repeated: 0 };
  readonly #questions = new Map<string, number>();
  readonly #raters = new Map<string, number>();

  readonly #digest: LineDigest | undefined;

  /** @param digest is given the wanted answers that stand, as lines */
  constructor(paths: readonly string[], wanted: Wanted = {}, digest?: LineDigest) {
    this.#paths = paths;
    this.#wanted = wanted;
    this.#digest = digest;
  }

  /**
   * The wanted answers that stand, each once, some at a time, in the order of the files and their lines. Reads what was there when it began.
   * Memory: 20 to 40 bytes for each line, whatever its length.
   *
   * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE; the signal's reason when it is aborted
   */
  async *answers(): AsyncGenerator<Answer[]> {
    const { files, retracted } = await findRetractions(this.#paths, this.#wanted.signal);
    const seen = new SeenIds();
    const scanned = new ScannedAnswers();
    const keys = new AnswerKeys();
    for (const { path, sizeBytes } of files) {
      const reader = new LineReader();
      for await (const piece of readLinePieces(path, sizeBytes)) {
        this.#wanted.signal?.throwIfAborted();
        const batch: Answer[] = [];
        scanned.begin(piece);
        reader.give(piece, {
          scanned: ({ bytes, from, to, scan }, line) => {
            const { id, content } = keys.takeScan(bytes, scan);
            if (!this.#isNew(seen.addKeys(id, content), path, line) || this.#isRetracted(retracted, id))
              return;
            const asked = {
              question: scanned.questionOf(scan),
              rater: scanned.raterOf(scan),
              mode: scan.mode,
            };
            if (!this.#take(asked)) return;
            batch.push(scanned.answerOf(scan));
            this.#digest?.addBytes(bytes, from, to);
          },
          read: (said, line) => {
            const sighting = typeof said === 'string' ? said : seen.add(said);
            if (!this.#isNew(sighting, path, line)) return;
            const record = said as FeedbackRecord;
            if (isRetraction(record)) this.#counts.retractions++;
            else if (!this.#isRetracted(retracted, fingerprintOf(record.id)) && this.#take(record)) {
              batch.push(record);
              this.#digest?.addText(`${lineOf(record)}\n`);
            }
          },
        });
        this.#digest?.endBytes();
        this.#wanted.onProgress?.(this.#counts.lines);
        yield batch;
      }
    }
  }

  /** What the lines read so far were. */
  get counts(): LineCounts {
    return { ...this.#counts, problems: this.#problems };
  }

  /** How many answers stand to each question, as far as read. */
  get questions(): ReadonlyMap<string, number> {
    return this.#questions;
  }

  /** How many answers to the wanted questions stand by each rater, wanted or not, as far as read. */
  get raters(): ReadonlyMap<string, number> {
    return this.#raters;
  }

  /** Counts a line; whether it is a record that was not there before. */
  #isNew(sighting: Sighting | LineProblem, path: string, line: number): boolean {
    this.#counts.lines++;
    if (sighting === 'repeated') this.#counts.repeated++;
    else if (sighting !== 'new') this.#problems.add({ path, line, problem: sighting });
    return sighting === 'new';
  }

  #isRetracted(retracted: FingerprintTable, id: Fingerprint): boolean {
    const isRetracted = retracted.find(id) >= 0;
    if (isRetracted) this.#counts.retracted++;
    return isRetracted;
  }

  /** Counts an answer that stands; whether it is wanted. */
  #take({ question, mode, rater }: Asked): boolean {
    const { questions, modes, raters } = this.#wanted;
    this.#counts.answers++;
    this.#questions.set(question, (this.#questions.get(question) ?? 0) + 1);
    if (questions?.includes(question) === false) return false;
    this.#raters.set(rater, (this.#raters.get(rater) ?? 0) + 1);
    return modes?.includes(mode) !== false && raters?.includes(rater) !== false;
  }
}

/** The sha256 of lines. */
class LineDigest {
  readonly #hash = createHash('sha256');
  /** Lines that follow one another go together. */
  #bytes: Uint8Array | undefined;
  #from = 0;
  #to = 0;

  addBytes(bytes: Uint8Array, from: number, to: number): void {
    if (this.#bytes !== bytes || this.#to !== from) {
      this.endBytes();
      this.#bytes = bytes;
      this.#from = from;
    }
    this.#to = to;
  }

  addText(text: string): void {
    this.endBytes();
    this.#hash.update(text);
  }

  /** The bytes are about to go. */
  endBytes(): void {
    if (this.#bytes) this.#hash.update(this.#bytes.subarray(this.#from, this.#to));
    this.#bytes = undefined;
  }

  hex(): string {
    return this.#hash.digest('hex');
  }
}

/** The answers to a question, or to all. */
export interface AnswerSet {
  /** Those that stand, each once, in the order of the files and their lines; skipped ones are among them (`skip`). */
  readonly answers: readonly Answer[];
  readonly counts: LineCounts;
  /** How many answers stand to each question in the files. */
  readonly questions: ReadonlyMap<string, number>;
  /** How many answers to the wanted questions stand by each rater in the files, wanted or not. */
  readonly raters: ReadonlyMap<string, number>;
  /** sha256 (hex) of the answers as lines: the same answers in the same order have the same, wherever they lie. */
  readonly digest: string;
}

/**
 * Reads feedback files as one, into memory: about 0.5 kB for each wanted answer.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE; the signal's reason when it is aborted
 */
export async function readAnswers(paths: readonly string[], wanted: Wanted = {}): Promise<AnswerSet> {
  const digest = new LineDigest();
  const reader = new FeedbackReader(paths, wanted, digest);
  const answers: Answer[] = [];
  for await (const batch of reader.answers()) for (const answer of batch) answers.push(answer);
  const { counts, questions, raters } = reader;
  return { answers, counts, questions, raters, digest: digest.hex() };
}

/** Of a line that takes an answer back: the field, or an escape that it may be written with. */
const RETRACTING = ['"retracts"', '\\u00'];

interface Retractions {
  /** How much of each file is read. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  /** The ids that are taken back anywhere. */
  readonly retracted: FingerprintTable;
}

/** An answer can be taken back in a later file, or in an earlier one. Where a line is passed over, so is what it takes back. */
async function findRetractions(
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Retractions> {
  const retracted = new FingerprintTable(0);
  const files: { path: string; sizeBytes: number }[] = [];
  let isAnyFound = false;
  for (const path of paths) {
    signal?.throwIfAborted();
    const { sizeBytes, isFound } = await searchFile(path, RETRACTING);
    files.push({ path, sizeBytes });
    isAnyFound ||= isFound;
  }
  if (!isAnyFound) return { files, retracted };
  const seen = new SeenIds();
  for (const { path, sizeBytes } of files) {
    for await (const { lines } of readRecords(path, sizeBytes)) {
      signal?.throwIfAborted();
      for (const { said } of lines) {
        if (typeof said === 'string' || seen.add(said) !== 'new') continue;
        if (isRetraction(said)) retracted.findOrAdd(fingerprintOf(said.retracts));
      }
    }
  }
  return { files, retracted };
}
