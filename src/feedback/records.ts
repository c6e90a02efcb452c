import type { FeedbackRecord } from './answer.ts';
import { type FileLine, type LinePiece, LineWalk, readLinePieces } from './file-lines.ts';
import { LineScan } from './line-scan.ts';
import { parseLine } from './parse-line.ts';
import type { LineProblem } from './problems.ts';
import { ScannedAnswers } from './scanned-answers.ts';

/** What a line of a feedback file says, or why it says nothing. */
export interface ReadLine {
  /** From 1. */
  readonly line: number;
  readonly said: FeedbackRecord | LineProblem;
}

/** What was read of a file, some lines at a time. Blank lines are left out. */
export interface ReadBatch {
  readonly lines: readonly ReadLine[];
  /** The file ends in the last line, without the end of a line. */
  readonly isUnended: boolean;
}

/** An answer that was scanned where it lies; gone with the next line. */
export class ScannedLine {
  bytes: Buffer = Buffer.alloc(0);
  /** Where its line begins and ends. */
  from = 0;
  to = 0;
  /** Where it begins in the file. */
  position = 0;
  readonly scan: LineScan = new LineScan();
}

/** Who is given the lines of a file, each with its number from 1; blank ones are left out. */
export interface LineTaker {
  scanned(answer: Readonly<ScannedLine>, line: number): void;
  /** Of a line that is not written as `lineOf` writes answers. */
  read(said: FeedbackRecord | LineProblem, line: number): void;
}

/** Gives the lines of pieces, which follow one another, to a taker. */
export class LineReader {
  readonly #walk = new LineWalk();
  readonly #scanned = new ScannedLine();

  give(piece: LinePiece, taker: LineTaker): void {
    const walk = this.#walk;
    const { bytes, to: end } = piece;
    const scanned = this.#scanned;
    scanned.bytes = bytes;
    walk.begin(piece);
    for (let from = walk.next(); from !== undefined; from = walk.next()) {
      const to = from < 0 ? -1 : scanned.scan.read(bytes, from);
      // What lies beyond the piece is of another.
      if (to > 0 && to <= end) {
        walk.skipTo(to);
        scanned.from = from;
        scanned.to = to;
        scanned.position = piece.position + from;
        taker.scanned(scanned, walk.line);
        continue;
      }
      const said = saidBy(walk.take(from));
      if (said !== undefined) taker.read(said, walk.line);
    }
  }
}

/**
 * What the lines of a feedback file say.
 *
 * @param sizeBytes as for `readLinePieces`
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE
 */
export async function* readRecords(path: string, sizeBytes?: number): AsyncGenerator<ReadBatch> {
  const reader = new LineReader();
  const scanned = new ScannedAnswers();
  for await (const piece of readLinePieces(path, sizeBytes)) {
    const lines: ReadLine[] = [];
    scanned.begin(piece);
    reader.give(piece, {
      scanned: ({ scan }, line) => lines.push({ line, said: scanned.answerOf(scan) }),
      read: (said, line) => lines.push({ line, said }),
    });
    yield { lines, isUnended: piece.isUnended };
  }
}

function saidBy(line: FileLine): FeedbackRecord | LineProblem | undefined {
  return typeof line === 'string' ? parseLine(line) : line.problem;
}
