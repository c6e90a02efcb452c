import { statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { TableError } from '../errors.ts';
import { type FoundInput, type InputFormat, isPictureFormat, type PictureFormat } from '../formats.ts';
import { surveyFolder } from './survey.ts';

/** How images are looked for. */
export interface PictureSearch {
  /** What a person says that the inputs hold. */
  readonly inputFormat?: InputFormat | PictureFormat | undefined;
  /** The output, as its path without links: nothing in it counts. */
  readonly except?: string | undefined;
  /** Told in a line of images that are not read. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/** An input, and what images it holds. */
interface Known {
  readonly input: string;
  /** Undefined where it holds tables. */
  readonly format: PictureFormat | undefined;
}

/**
 * The inputs as collections of images, sorted by path (code units); undefined where they are tables. Without `inputFormat` a folder
 * is a collection where it holds images and no table (see `surveyFolder`).
 *
 * @throws TableError BB_INPUT_FORMAT where some inputs are images and others tables, or an input is no collection;
 *   BB_INPUT_NOT_FOUND; BB_USAGE where one lies within another
 */
export async function findPictures(
  inputs: readonly string[],
  search: PictureSearch,
): Promise<FoundInput<PictureFormat>[] | undefined> {
  const { inputFormat } = search;
  if (inputFormat !== undefined && !isPictureFormat(inputFormat)) return undefined;
  const known: Known[] = [];
  for (const input of inputs) known.push({ input, format: inputFormat ?? (await formatOf(input, search)) });
  if (known.every(({ format }) => format === undefined)) return undefined;
  refuseMixed(known);
  const paths = [...new Set(known.map(({ input }) => folderAt(input)))].sort((a, b) => (a < b ? -1 : 1));
  refuseNested(paths);
  return paths.map((path) => ({ path, format: 'images' }));
}

async function formatOf(input: string, search: PictureSearch): Promise<PictureFormat | undefined> {
  if (!isFolder(input)) return undefined;
  const { hasImages, table } = await surveyFolder(resolve(input), search.except);
  if (!hasImages || table === undefined) return hasImages ? 'images' : undefined;
  search.onNote?.(
    `${input} holds images and tables (${table}): the tables are read. --input-format images scores the images.`,
  );
  return undefined;
}

/** @throws TableError BB_INPUT_FORMAT */
function refuseMixed(known: readonly Known[]): void {
  const images = known.find(({ format }) => format !== undefined)!.input;
  const tables = known.find(({ format }) => format === undefined)?.input;
  if (tables === undefined) return;
  throw new TableError(
    'BB_INPUT_FORMAT',
    `${images} holds images, and ${tables} does not: one run reads images of this machine or tables. Give them to separate runs.`,
    { fields: { images, tables } },
  );
}

function folderAt(input: string): string {
  if (isFolder(input)) return resolve(input);
  const isThere = statSync(input, { throwIfNoEntry: false }) !== undefined;
  throw isThere
    ? new TableError(
        'BB_INPUT_FORMAT',
        `${input} is no folder. Images are given as the folder that they lie in.`,
        {
          fields: { path: input },
        },
      )
    : new TableError('BB_INPUT_NOT_FOUND', `There is no folder ${input}. Check the path.`, {
        fields: { input },
      });
}

/** An image would be scored twice, under two names. */
function refuseNested(paths: readonly string[]): void {
  for (const [place, path] of paths.entries()) {
    const within = paths
      .slice(place + 1)
      .find((other) => other.startsWith(path.endsWith(sep) ? path : path + sep));
    if (within === undefined) continue;
    throw new TableError(
      'BB_USAGE',
      `${within} lies within ${path}, which is an input too. Give one of them.`,
      {
        fields: { paths: [path, within] },
      },
    );
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
