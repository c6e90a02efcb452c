import { realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BowerbirdError } from '../../base/errors.ts';
import { type FoundInput, type InputFormat, inferFormat } from '../../tables/formats.ts';
import { expandInputs } from '../../tables/inputs.ts';
import { isWithin } from './folder-pictures.ts';
import { surveyTree } from './tree.ts';

/** Something that posts are read from: a folder of Instaloader, or a table. */
export type Source = { readonly folder: string } | { readonly table: FoundInput };

/** How inputs are looked at. */
export interface SourceSearch {
  /** The table of posts, as its path without links: nothing in it counts. */
  readonly except: string;
  /** Of files whose names do not tell it; `instaloader`: that folders are such. */
  readonly inputFormat?: InputFormat | 'instaloader' | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * What inputs hold, in the order in which they are given; of a folder of tables, those in the order of their paths.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT; BB_USAGE where an input is the table of posts or lies in it
 */
export async function findSources(inputs: readonly string[], search: SourceSearch): Promise<Source[]> {
  const sources: Source[] = [];
  for (const input of inputs) {
    refuseOwn(input, search.except);
    if (await isInstaloader(input, search)) sources.push({ folder: resolve(input) });
    else sources.push(...(await tablesIn(input, search)).map((table) => ({ table })));
  }
  return sources;
}

async function isInstaloader(input: string, { except, inputFormat, onNote }: SourceSearch): Promise<boolean> {
  if (!statSync(input, { throwIfNoEntry: false })?.isDirectory()) {
    if (!input.endsWith('.json.xz')) return false;
    throw new BowerbirdError(
      'BB_INPUT_FORMAT',
      `${input} is a file of Instaloader. Give the folder that it lies in: the picture lies beside it.`,
      { fields: { path: input } },
    );
  }
  if (inputFormat !== undefined) return inputFormat === 'instaloader';
  const { table, hasJson, hasPackedJson } = await surveyTree(input, except);
  if (table !== undefined && hasPackedJson)
    onNote?.(
      `${input} holds tables (${table}) and JSON of Instaloader: the tables are read. --input-format instaloader reads the other.`,
    );
  if (table !== undefined || hasJson) return table === undefined;
  throw new BowerbirdError(
    'BB_INPUT_FORMAT',
    `${input} holds neither tables (Parquet, CSV, TSV, JSON Lines) nor JSON of Instaloader. Check the path.`,
    { fields: { path: input } },
  );
}

async function tablesIn(input: string, { except, inputFormat, onNote }: SourceSearch): Promise<FoundInput[]> {
  if (inputFormat === 'instaloader')
    throw new BowerbirdError(
      'BB_INPUT_FORMAT',
      `${input} is no folder: Instaloader's files are given as the folder that they lie in.`,
      {
        fields: { path: input },
      },
    );
  const found = await expandInputs([input], { untoldFormat: inputFormat, onNote });
  return found.filter(({ path, format }) => !isWithin(realpathSync(path), except) && !isText(path, format));
}

/** Texts are lists of URLs, which say nothing of posts: where nobody names them, they are captions and notes. */
function isText(path: string, format: InputFormat): boolean {
  return format === 'txt' && inferFormat(path) === 'txt';
}

/** @throws BowerbirdError BB_USAGE */
function refuseOwn(input: string, except: string): void {
  if (!statSync(input, { throwIfNoEntry: false }) || !isWithin(realpathSync(input), except)) return;
  throw new BowerbirdError(
    'BB_USAGE',
    `${join(input)} is the table of posts itself, or lies in it. Give what is to be added.`,
    {
      fields: { path: input },
    },
  );
}
