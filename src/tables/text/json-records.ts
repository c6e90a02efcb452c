import { isObject } from '../../base/json-object.ts';
import { JsonValueCutter, mendEscapes } from './json-values.ts';
import { lineRecords, readLines, type TextRecord } from './lines.ts';

/** So much of a file is looked at to learn whether it is an array, objects in a row, or one object a line. */
const HEAD_CHARACTERS = 64 * 1024;

/**
 * The values of a file of JSON, each as its text with the line that it begins on: one a line (JSON Lines), the elements of an
 * array, or objects that follow one another. Which of them it is shows at its beginning, whatever its name.
 *
 * @throws TableError BB_INPUT_FORMAT for an array that is broken or does not end, or a value of more than 16 Mi characters
 */
export async function* jsonRecords(
  path: string,
  format: 'json' | 'jsonl',
  text: AsyncGenerator<string>,
): AsyncGenerator<TextRecord[]> {
  const head = await readHead(text);
  const all = chain(head, text);
  const layout = layoutOf(head, format);
  const records =
    layout === 'lines' ? lineRecords(readLines(path, all)) : cutValues(path, layout === 'array', all);
  for await (const batch of records) {
    yield batch.map(({ line, fields }) => ({ line, fields: [mendEscapes(fields[0]!)] }));
  }
}

async function readHead(text: AsyncGenerator<string>): Promise<string> {
  let head = '';
  while (head.length < HEAD_CHARACTERS) {
    const { value, done } = await text.next();
    if (done) break;
    head += value;
  }
  return head;
}

async function* chain(head: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield head;
  yield* rest;
}

async function* cutValues(
  path: string,
  isArray: boolean,
  text: AsyncIterable<string>,
): AsyncGenerator<TextRecord[]> {
  const cutter = new JsonValueCutter(path, isArray);
  for await (const chunk of text) yield cutter.cut(chunk);
  yield cutter.end();
}

function layoutOf(head: string, format: 'json' | 'jsonl'): 'lines' | 'array' | 'values' {
  const start = head.trimStart();
  const [line] = start.split(/[\r\n]/, 1);
  const value = parse(line!);
  // A line that is an array without a single object is a bad line among others.
  if (start.startsWith('[') && (!Array.isArray(value) || value.length === 0 || value.some(isObject)))
    return 'array';
  return format === 'jsonl' || value !== undefined || !start.startsWith('{') ? 'lines' : 'values';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
