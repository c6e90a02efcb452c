import type { FeedbackRecord } from './answer.ts';
import { checkRecord } from './check.ts';
import type { LineProblem } from './problems.ts';

/** What a line says; undefined for a blank one. */
export function parseLine(text: string): FeedbackRecord | LineProblem | undefined {
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
