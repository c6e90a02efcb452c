import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { OutputFile, outputFailure } from '../base/output-file.ts';
import type { AnswerRows } from '../samples/score-rows.ts';
import type { ScoreColumns } from '../tables/score-table.ts';
import { type FlagValues, usageError } from './flags.ts';

export type LookupFormat = 'tsv' | 'jsonl' | 'parquet';

const EXTENSIONS: Readonly<Record<string, LookupFormat>> = {
  '.tsv': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
};

/** Where the answers go, and how. */
export interface LookupOutput {
  readonly format: LookupFormat;
  /** undefined: standard output. */
  readonly path: string | undefined;
  readonly overwrite: boolean;
  /** Whether text says in a field of its own that a hash was found; Parquet always does. */
  readonly tellsFound: boolean;
}

/** What the flags say of the output. @throws BowerbirdError BB_USAGE where they contradict each other */
export function lookupOutput(values: FlagValues): LookupOutput {
  const path = values['output'] as string | undefined;
  const given = values['output-format'] as LookupFormat | undefined;
  const named = path === undefined ? undefined : EXTENSIONS[/\.[^.]*$/.exec(path.toLowerCase())?.[0] ?? ''];
  const json = values['json'] === true ? 'jsonl' : undefined;
  const format = given ?? json ?? named ?? (path === undefined ? 'tsv' : undefined);
  if (!format) throw usageError(`The format does not show in ${path}. Give --output-format.`);
  if (json && json !== (given ?? named ?? json))
    throw usageError(`--json stands for JSON lines; the output is ${given ?? named}. Give one of the two.`);
  if (format === 'parquet' && path === undefined)
    throw usageError('Parquet needs a file: give --output FILE.parquet.');
  return {
    format,
    path,
    overwrite: values['incremental-mode'] === 'overwrite',
    tellsFound: values['found'] === true,
  };
}

export interface WriteOptions {
  /** For Parquet. */
  readonly memoryLimitMb: number;
  readonly signal: AbortSignal;
  /** Files that are read, which none of the answers may replace. */
  readonly inputs: readonly string[];
}

/**
 * Writes all answers, in their order: to standard output as they come, to a file that is there once it is whole.
 *
 * @throws BowerbirdError BB_OUTPUT_EXISTS before the first answer is asked for; BB_OUTPUT_WRITE, BB_DISK_FULL
 */
export async function writeAnswers(
  output: LookupOutput,
  columns: ScoreColumns,
  answers: AsyncIterable<AnswerRows>,
  options: WriteOptions,
): Promise<void> {
  const { names } = columns;
  if (output.path === undefined) return printAnswers(textOf(output, names, answers), options);
  const file = await OutputFile.open(output.path, output.overwrite, options.inputs);
  try {
    options.signal.throwIfAborted();
    if (output.format === 'parquet') await writeParquet(file.temporary, columns, answers, options);
    else await pipeline(textOf(output, names, answers), createWriteStream(file.temporary, { flags: 'wx' }));
    await file.commit();
  } catch (thrown) {
    throw outputFailure(file.path, thrown);
  } finally {
    await file.discard();
  }
}

async function printAnswers(text: AsyncIterable<string>, { signal }: WriteOptions): Promise<void> {
  try {
    await pipeline(Readable.from(text), process.stdout, { end: false, signal });
  } catch (thrown) {
    // The reader of our output has seen enough.
    if (codeOf(thrown) === 'EPIPE') return;
    if ((thrown as NodeJS.ErrnoException).syscall !== 'write') throw thrown;
    throw new BowerbirdError(
      'BB_OUTPUT_WRITE',
      `The answers could not be written to standard output: ${messageOf(thrown)}`,
      {
        cause: thrown,
      },
    );
  }
}

async function writeParquet(
  path: string,
  columns: ScoreColumns,
  answers: AsyncIterable<AnswerRows>,
  { memoryLimitMb }: WriteOptions,
): Promise<void> {
  const { AnswerTableWriter } = await import('../tables/score-table.ts');
  const writer = await AnswerTableWriter.open(path, columns, {
    memoryLimitMb,
    temporaryFolder: `${path}.spill`,
  });
  try {
    for await (const rows of answers) writer.append(rows);
    await writer.finish();
  } finally {
    await writer.close();
  }
}

async function* textOf(
  { format, tellsFound }: LookupOutput,
  names: readonly string[],
  answers: AsyncIterable<AnswerRows>,
): AsyncGenerator<string> {
  const line = format === 'jsonl' ? jsonLine(names, tellsFound) : tableLine(tellsFound);
  if (format === 'tsv') yield `${['hash', ...(tellsFound ? ['found'] : []), ...names].join('\t')}\n`;
  for await (const rows of answers) {
    const lines: string[] = [];
    for (let row = 0; row < rows.hashes.length; row++) lines.push(line(rows, row));
    yield lines.join('');
  }
}

type Line = (rows: AnswerRows, row: number) => string;

function tableLine(tellsFound: boolean): Line {
  return ({ hashes, withoutHash, found, columns }, row) => {
    const hash = withoutHash[row] ? '' : String(hashes[row]);
    const scores = columns.map((column) => (Number.isNaN(column[row]!) ? '' : column[row]));
    return `${[hash, ...(tellsFound ? [found[row] === 1] : []), ...scores].join('\t')}\n`;
  };
}

function jsonLine(names: readonly string[], tellsFound: boolean): Line {
  return ({ hashes, withoutHash, found, columns }, row) => {
    const hash = withoutHash[row] ? 'null' : `"${hashes[row]}"`;
    const isFound = tellsFound ? `,"found":${found[row] === 1}` : '';
    const scores = names.map((name, c) => `,"${name}":${jsonNumber(columns[c]![row]!)}`);
    return `{"hash":${hash}${isFound}${scores.join('')}}\n`;
  };
}

function jsonNumber(score: number): string {
  if (Number.isNaN(score)) return 'null';
  // JSON has no word for infinity; this number is read as it.
  return Number.isFinite(score) ? String(score) : score > 0 ? '1e999' : '-1e999';
}
