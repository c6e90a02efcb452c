import { createHash } from 'node:crypto';
import { type Answer, isRetraction, type Mode } from './answer.ts';
import { searchFile } from './file-lines.ts';
import { FingerprintTable, fingerprintOf } from './fingerprint.ts';
import { lineOf } from './line.ts';
import { LINE_PROBLEMS, ProblemCounts } from './problems.ts';
import { readRecords } from './records.ts';
import { SeenIds } from './seen-ids.ts';

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

  constructor(paths: readonly string[], wanted: Wanted = {}) {
    this.#paths = paths;
    this.#wanted = wanted;
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
    for (const { path, sizeBytes } of files) {
      for await (const { lines } of readRecords(path, sizeBytes)) {
        this.#wanted.signal?.throwIfAborted();
        const batch: Answer[] = [];
        for (const { line, said } of lines) {
          const sighting = typeof said === 'string' ? said : seen.add(said);
          if (sighting === 'repeated') this.#counts.repeated++;
          else if (sighting !== 'new') this.#problems.add({ path, line, problem: sighting });
          else this.#take(said as Exclude<typeof said, string>, retracted, batch);
        }
        this.#counts.lines += lines.length;
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

  #take(record: Parameters<SeenIds['add']>[0], retracted: FingerprintTable, batch: Answer[]): void {
    if (isRetraction(record)) {
      this.#counts.retractions++;
      return;
    }
    if (retracted.find(fingerprintOf(record.id)) >= 0) {
      this.#counts.retracted++;
      return;
    }
    this.#counts.answers++;
    this.#questions.set(record.question, (this.#questions.get(record.question) ?? 0) + 1);
    if (this.#wanted.questions?.includes(record.question) !== false)
      this.#raters.set(record.rater, (this.#raters.get(record.rater) ?? 0) + 1);
    if (this.#isWanted(record)) batch.push(record);
  }

  #isWanted(answer: Answer): boolean {
    const { questions, modes, raters } = this.#wanted;
    return (
      (questions === undefined || questions.includes(answer.question)) &&
      (modes === undefined || modes.includes(answer.mode)) &&
      (raters === undefined || raters.includes(answer.rater))
    );
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
  const reader = new FeedbackReader(paths, wanted);
  const digest = createHash('sha256');
  const answers: Answer[] = [];
  for await (const batch of reader.answers()) {
    for (const answer of batch) answers.push(answer);
    if (batch.length > 0) digest.update(batch.map((answer) => `${lineOf(answer)}\n`).join(''));
  }
  const { counts, questions, raters } = reader;
  return { answers, counts, questions, raters, digest: digest.digest('hex') };
}

const RETRACTING = '"retracts"';

interface Retractions {
  /** How much of each file is read. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  /** The ids that are taken back anywhere. */
  readonly retracted: FingerprintTable;
}

/** An answer can be taken back in a later file, or in an earlier one. */
async function findRetractions(
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Retractions> {
  const retracted = new FingerprintTable(0);
  const files: { path: string; sizeBytes: number }[] = [];
  for (const path of paths) {
    signal?.throwIfAborted();
    const { sizeBytes, isFound } = await searchFile(path, RETRACTING);
    files.push({ path, sizeBytes });
    if (!isFound) continue;
    for await (const { lines } of readRecords(path, sizeBytes)) {
      signal?.throwIfAborted();
      for (const { said } of lines) {
        if (typeof said === 'string' || !isRetraction(said)) continue;
        const key = fingerprintOf(said.retracts);
        if (retracted.find(key) < 0) retracted.add(key);
      }
    }
  }
  return { files, retracted };
}
