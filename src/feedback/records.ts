import type { FeedbackRecord } from './answer.ts';
import { parseCanonical } from './canonical.ts';
import { checkRecord } from './check.ts';
import { readFileLines } from './file-lines.ts';
import type { LineProblem } from './problems.ts';

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

/**
 * What the lines of a feedback file say.
 *
 * @param sizeBytes as for `readFileLines`
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE
 */
export async function* readRecords(path: string, sizeBytes?: number): AsyncGenerator<ReadBatch> {
  for await (const { firstLine, lines, isUnended } of readFileLines(path, sizeBytes)) {
    const read: ReadLine[] = [];
    for (let i = 0; i < lines.length; i++) {
      const text = lines[i]!;
      const said = typeof text === 'string' ? parseLine(text) : text.problem;
      if (said !== undefined) read.push({ line: firstLine + i, said });
    }
    yield { lines: read, isUnended };
  }
}

/** What a line says; undefined for a blank one. */
export function parseLine(text: string): FeedbackRecord | LineProblem | undefined {
  const canonical = parseCanonical(text);
  if (canonical) return canonical;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (text.trim() === '') return undefined;
    return isCut(text) ? 'cut' : 'not-json';
  }
  return checkRecord(value);
}

/** Whether a text that is no JSON begins as an object and ends before that does, as what is left of a write that was stopped. */
function isCut(text: string): boolean {
  if (!text.startsWith('{')) return false;
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isQuoted) {
      if (character === '\\') i++;
      else if (character === '"') isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
  }
  return isQuoted || depth > 0;
}
