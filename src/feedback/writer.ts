import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BowerbirdError, isDiskFull, messageOf } from '../base/errors.ts';
import { fileSystem, type OpenFile } from '../base/file-system.ts';
import { makeFolders, syncPath } from '../base/files.ts';
import { type Lock, type OnWait, takeLock } from '../base/lock.ts';
import { refusePartOfOutput } from '../base/output-kinds.ts';
import { requirePlainFile, requireSameFile } from '../base/plain-file.ts';
import type { Answer, FeedbackRecord } from './answer.ts';
import { readLinePieces, withFileParts } from './file-lines.ts';
import { lineOf } from './line.ts';
import { parseLine } from './parse-line.ts';
import { LINE_PROBLEMS, type LineProblem, ProblemCounts } from './problems.ts';
import { LineReader, type LineTaker } from './records.ts';
import type { Sighting } from './seen-ids.ts';
import { FeedbackState } from './state.ts';

/** About so long is the line of a pair with hashes and keys. */
const BYTES_PER_LINE = 300;

/** What became of a record: it was saved, it had been before, or its id is that of another one and it is not saved. */
export type Saved = 'saved' | 'saved-before' | 'id-reused';

export interface WriterOptions {
  readonly signal?: AbortSignal;
  /** Told in lines: what was found in the file that is no answer, who is waited for. */
  readonly onNote?: OnWait;
  /** Called with the number of lines read so far of the file that is there. */
  readonly onProgress?: (lines: number) => void;
}

/**
 * Appends to a feedback file, alone: what it says is saved is on the disk under the file's name, and a record that comes again with the same id is there once. What
 * others or a kill left in the file stays as it is; the next record begins on a line of its own.
 */
export class FeedbackWriter {
  /** Absolute. */
  readonly path: string;
  /** What the file holds by now, what is being saved not yet included. */
  readonly state: FeedbackState;
  /** Open where there is one: a file that is made is there with its first line. */
  #file: OpenFile | undefined;
  readonly #lock: Lock;
  /** So much has been in the file, at least. */
  #sizeBytes: number;
  /** What is to be written before the next record. */
  #before: '' | '\n';
  /** By id; each is settled once it is on the disk. */
  readonly #pending = new Map<string, Pending>();
  #waiting: Pending[] = [];
  #writing: Promise<void> | undefined;

  private constructor(path: string, file: OpenFile | undefined, lock: Lock, read: ReadState) {
    this.path = path;
    this.#file = file;
    this.#lock = lock;
    this.state = read.state;
    this.#before = read.isUnended ? '\n' : '';
    this.#sizeBytes = read.sizeBytes;
  }

  /**
   * Opens a feedback file and reads what is in it. One that is not there is made with the first record.
   *
   * @throws BowerbirdError BB_FEEDBACK_LOCKED where another process writes into it, BB_INPUT_FORMAT where it has lines and none of them is a
   *   record, BB_INPUT_UNREADABLE, BB_OUTPUT_EXISTS for a part of what
   *   another command has written, BB_OUTPUT_WRITE, BB_DISK_FULL; the signal's reason when it is aborted
   */
  static async open(given: string, options: WriterOptions = {}): Promise<FeedbackWriter> {
    const path = resolve(given);
    refusePartOfOutput(path);
    const lock = await writingTo(path, async () => {
      await makeFolders(dirname(path));
      return takeLock(`${path}.lock`, (who) => locked(path, who), options.onNote);
    });
    try {
      const file = existsSync(path) ? await writingTo(path, () => openForAppending(path)) : undefined;
      try {
        return new FeedbackWriter(path, file, lock, await readState(path, options));
      } catch (thrown) {
        await file?.close();
        throw thrown;
      }
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
  }

  /**
   * Saves records, in their order; several calls at a time share one fsync. Each of them is answered once it is on the disk.
   *
   * @throws BowerbirdError BB_OUTPUT_WRITE, BB_DISK_FULL, BB_FEEDBACK_LOCKED where another process took the file: none that was not saved
   *   before counts as saved, and each may be sent again
   */
  append(records: readonly FeedbackRecord[]): Promise<Saved[]> {
    return Promise.all(records.map((record) => this.#appendOne(record)));
  }

  /** Waits for what is being saved, and gives the file free. */
  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    await this.#file?.close();
    await this.#lock.release();
  }

  async #appendOne(record: FeedbackRecord): Promise<Saved> {
    const pending = this.#pending.get(record.id);
    if (pending) {
      await pending.saved;
      return this.#appendOne(record);
    }
    const sighting = this.state.look(record);
    if (sighting !== 'new') return sighting === 'repeated' ? 'saved-before' : sighting;
    const line = lineOf(record);
    const read = parseLine(line);
    if (typeof read !== 'object')
      throw new TypeError(`A record that cannot be read back was to be saved: ${read}.`);
    const added = new Pending(read, line);
    this.#pending.set(record.id, added);
    this.#waiting.push(added);
    this.#writing ??= this.#writeAll();
    await added.saved;
    return 'saved';
  }

  async #writeAll(): Promise<void> {
    // What else comes in this turn goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#writeBatch(batch).then(
        () => {
          for (const each of batch) this.#settle(each, undefined);
        },
        (thrown: unknown) => {
          for (const each of batch) this.#settle(each, thrown);
        },
      );
    }
    this.#writing = undefined;
  }

  async #writeBatch(batch: readonly Pending[]): Promise<void> {
    await writingTo(this.path, async () => {
      await this.#lock.assertHeld();
      await requireSameFile(this.#file, this.path, this.#sizeBytes);
      const before = this.#before;
      // Should this fail, nobody knows where it ended.
      this.#before = '\n';
      this.#file ??= await openForAppending(this.path);
      await this.#file.writeFile(`${before}${batch.map(({ line }) => `${line}\n`).join('')}`);
      await this.#file.sync();
      this.#before = '';
      this.#sizeBytes = (await this.#file.stat()).size;
      // Should it have gone meanwhile, what was written is not where it is looked for.
      await requireSameFile(this.#file, this.path, this.#sizeBytes);
    });
  }

  #settle(pending: Pending, failure: unknown): void {
    this.#pending.delete(pending.record.id);
    if (failure !== undefined) {
      pending.fail(failure);
      return;
    }
    this.state.add(pending.record);
    pending.succeed();
  }
}

/** A record on its way to the disk. */
class Pending {
  readonly record: FeedbackRecord;
  readonly line: string;
  readonly saved: Promise<void>;
  succeed!: () => void;
  fail!: (thrown: unknown) => void;

  constructor(record: FeedbackRecord, line: string) {
    this.record = record;
    this.line = line;
    this.saved = new Promise<void>((resolve, reject) => {
      this.succeed = resolve;
      this.fail = reject;
    });
  }
}

interface ReadState {
  readonly state: FeedbackState;
  readonly isUnended: boolean;
  readonly sizeBytes: number;
}

async function readState(path: string, { signal, onNote, onProgress }: WriterOptions): Promise<ReadState> {
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size;
  const state = new FeedbackState((sizeBytes ?? 0) / BYTES_PER_LINE);
  if (sizeBytes === undefined) return { state, isUnended: false, sizeBytes: 0 };
  const problems = new ProblemCounts('line', LINE_PROBLEMS);
  let hasRecord = false;
  let isLastUnended = false;
  let lineCount = 0;
  const note = (line: number, problem: LineProblem | Sighting): void => {
    lineCount++;
    if (problem !== 'new' && problem !== 'repeated') problems.add({ path, line, problem });
  };
  const taker: LineTaker = {
    scanned: (answer, line) => {
      hasRecord = true;
      note(line, state.addScanned(answer));
    },
    read: (said, line) => {
      hasRecord ||= typeof said !== 'string';
      note(line, typeof said === 'string' ? said : state.add(said));
    },
  };
  const reader = new LineReader();
  for await (const piece of readLinePieces(path)) {
    signal?.throwIfAborted();
    reader.give(piece, taker);
    isLastUnended = piece.isUnended;
    onProgress?.(lineCount);
  }
  // All that a kill may leave of a first answer is one line that is cut.
  const isCutAlone = lineCount === 1 && problems.list()[0]?.problem === 'cut';
  if (lineCount > 0 && !hasRecord && !isCutAlone) throw noFeedback(path, problems);
  await withFileParts(path, (textAt) =>
    state.settle(async ({ position, byteLength }) => parseLine(await textAt(position, byteLength)) as Answer),
  );
  for (const note of problems.notes()) onNote?.(note);
  return { state, isUnended: isLastUnended, sizeBytes };
}

async function openForAppending(path: string): Promise<OpenFile> {
  const isNew = !existsSync(path);
  if (!isNew) requirePlainFile(path);
  const file = await fileSystem().open(path, 'a');
  if (isNew) await syncPath(dirname(path));
  return file;
}

async function writingTo<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof BowerbirdError && thrown.code === 'BB_FEEDBACK_LOCKED') throw thrown;
    const isFull = isDiskFull(thrown);
    const advice = isFull ? 'Free some space' : 'Mend that';
    throw new BowerbirdError(
      isFull ? 'BB_DISK_FULL' : 'BB_OUTPUT_WRITE',
      `Writing ${path} failed: ${messageOf(thrown).replace(/\.$/, '')}. ${advice} and run the same command again: answers saved before are kept.`,
      { cause: thrown, fields: { path } },
    );
  }
}

function noFeedback(path: string, problems: ProblemCounts): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_FORMAT',
    `${path} is no feedback file: none of its lines is an answer, so nothing is added to it. ${problems.notes().join(' ')} Name another file; it is made where it is missing.`,
    { fields: { path } },
  );
}

function locked(path: string, who: string): BowerbirdError {
  return new BowerbirdError(
    'BB_FEEDBACK_LOCKED',
    `${path} is being written by ${who}. Wait for it to end, or write into another file: several can be read together.`,
    { fields: { path } },
  );
}
