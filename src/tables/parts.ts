import { PATH_COLUMN } from '../pictures/picture-row.ts';
import { byTag, isTag, type Tag } from '../samples/tags.ts';
import {
  type ColumnMapping,
  columnOf,
  type FileColumn,
  type Fit,
  fitOf,
  NULL_TYPE,
  PARTS,
  type Part,
  unfitReason,
} from './columns.ts';
import { TableError } from './errors.ts';
import { type InputFormat, isListed, type PictureFormat } from './formats.ts';

/** A column, and the file that has it where there are several. */
type FoundColumn = FileColumn & {
  readonly path?: string;
  /** As a score it is none, because it holds nothing but null. */
  readonly isNoScore?: boolean;
  /** Each of its values stands beside an image of its own. */
  readonly isListed?: boolean;
};

/** Column names that a person gave; they go before the known ones. `none`: there is no such column. */
export interface ColumnChoice {
  readonly urlColumn?: string | undefined;
  readonly captionColumn?: string | undefined;
  readonly hashColumn?: string | undefined;
  /** Parts that nothing depends on: they are found where the type is fit, and such a column may hold anything else. */
  readonly unjudged?: readonly Part[] | undefined;
}

/** What a person says for no column at all. */
export const NO_COLUMN = 'none';

/**
 * The names of published sets, best first: LAION-400M, LAION-5B (2B-en, multi, nolang, joined, aesthetic v1 and v2),
 * LAION-COCO, COYO-700M, and img2dataset's and this tool's own output.
 */
export const KNOWN_NAMES = {
  url: ['url', 'URL', 'image_url'],
  caption: ['caption', 'text', 'TEXT', 'alt_text', 'top_caption'],
  hash: ['hash'],
  aesthetic: ['aesthetic', 'AESTHETIC_SCORE', 'aesthetic_score_laion_v2', 'aesthetic_score'],
  punsafe: ['punsafe', 'nsfw_score_opennsfw2'],
  pwatermark: ['pwatermark', 'watermark_score'],
} as const;

/** Names of scores in tables of hashes and scores, where `prediction` means nothing else. */
export const SCORE_NAMES: Readonly<Record<Tag, readonly string[]>> = {
  aesthetic: ['aesthetic', 'prediction', ...KNOWN_NAMES.aesthetic.slice(1)],
  punsafe: KNOWN_NAMES.punsafe,
  pwatermark: KNOWN_NAMES.pwatermark,
};

/** The columns that play parts, and those that would if they had a single value. */
export interface FoundColumns {
  readonly columns: Partial<ColumnMapping>;
  readonly empty: Partial<ColumnMapping>;
}

/**
 * Finds the columns by a person's choice, else by the known names: as spelt first, then whatever their case. A column
 * that can play its part as it is goes before one whose texts have to be looked at.
 *
 * @param schema columns of one file or of several; a name may come with several types
 * @param advice sentences for where there is none, each with a blank behind it
 * @throws TableError BB_COLUMN_MISSING (lists the columns there are), BB_SCHEMA_MISMATCH for a column whose type is
 *   unfit for its part
 */
export function findColumns(
  schema: readonly FoundColumn[],
  choice: ColumnChoice,
  advice = '',
): ColumnMapping {
  const { columns, empty } = findParts(schema, choice);
  const url = columns.url ?? empty.url;
  if (!url)
    throw missing(
      schema,
      `No column of the input is known to hold URLs. ${dialectAdvice(schema)}${advice}Name it with --url-col.`,
    );
  return { ...columns, url };
}

/**
 * The column of paths in what runs over images in files write: where no column has URLs and nobody names one, it stands for that of
 * URLs, in hashes too.
 */
export function findPaths(
  schema: readonly FoundColumn[],
  { urlColumn }: Pick<ColumnChoice, 'urlColumn'>,
): string | undefined {
  if (urlColumn !== undefined && urlColumn !== NO_COLUMN) return undefined;
  const found = schema.filter(({ name }) => name === PATH_COLUMN);
  return found.length > 0 && found.every(({ type }) => type === 'VARCHAR') ? PATH_COLUMN : undefined;
}

/** The same where no image is going to be downloaded, so that the URL may be missing too. */
export function findKnownColumns(
  schema: readonly FoundColumn[],
  choice: ColumnChoice,
): Partial<ColumnMapping> {
  return findParts(schema, choice).columns;
}

/**
 * The same with the columns that hold nothing but null, which play no part.
 *
 * @param parts those that are looked for: a column of another may hold anything
 */
export function findParts(
  schema: readonly FoundColumn[],
  choice: ColumnChoice,
  parts: readonly Part[] = PARTS,
): FoundColumns {
  const chosenNames: Partial<Record<Part, readonly [string | undefined, string]>> = {
    url: [choice.urlColumn, '--url-col'],
    caption: [choice.captionColumn, '--caption-col'],
    hash: [choice.hashColumn, '--hash-col'],
  };
  const columns: Partial<Record<Part, string>> = {};
  const empty: Partial<Record<Part, string>> = {};
  for (const part of parts) {
    const [name, flag] = chosenNames[part] ?? [];
    if (name === NO_COLUMN && !columnOf(schema, name)) continue;
    const isUnjudged = choice.unjudged?.includes(part) ?? false;
    const found =
      chosen(schema, part, name, flag) ??
      known(schema, part, KNOWN_NAMES[part], { isUnjudged, wayOn: WAYS_ON[part] });
    if (!found) continue;
    if (found.fit === 'null') empty[part] = found.name;
    else columns[part] = found.name;
  }
  return { columns, empty };
}

interface Found {
  readonly name: string;
  readonly fit: Exclude<Fit, 'unfit'>;
}

/** In the order in which they are preferred. */
const FITS = ['native', 'text', 'null'] as const;

interface KnownOptions {
  /** Whether nothing looks at it, so that only numbers count and nothing is refused. */
  readonly isUnjudged?: boolean;
  /** What to do about an unfit column, as a sentence; for a table, whose columns no flag names, where it is not given. */
  readonly wayOn?: string;
}

/**
 * The column of known names that plays a part best.
 *
 * @throws TableError BB_SCHEMA_MISMATCH where there are such columns and none is fit
 */
export function known(
  schema: readonly FoundColumn[],
  part: Part,
  knownNames: readonly string[],
  { isUnjudged = false, wayOn = RENAME }: KnownOptions = {},
): Found | undefined {
  const names = schema.map(({ name }) => name);
  const exact = knownNames.filter((name) => names.includes(name));
  const folded = new Map([...names].reverse().map((name) => [name.toLowerCase(), name]));
  const loose = knownNames.flatMap((name) => folded.get(name.toLowerCase()) ?? []);
  const candidates = [...new Set([...exact, ...loose])].map((name) => ({
    name,
    fit: fitOfColumn(schema, part, name),
  }));
  for (const fit of isUnjudged ? FITS.slice(0, 1) : FITS) {
    const found = candidates.find((candidate) => candidate.fit === fit);
    if (found) return { name: found.name, fit };
  }
  const [unfit] = candidates;
  if (!unfit || isUnjudged) return undefined;
  throw unfitColumn(schema, part, unfit.name, wayOn);
}

/** The least fit of what a column is in several files. */
function fitOfColumn(schema: readonly FoundColumn[], part: Part, name: string): Fit {
  const fits = columnsOf(schema, name).map((column) => fitOfOne(part, column));
  if (fits.includes('unfit')) return 'unfit';
  if (fits.includes('text')) return 'text';
  return fits.includes('native') ? 'native' : 'null';
}

function fitOfOne(part: Part, { type, stored, isNoScore, isListed }: FoundColumn): Fit {
  if (isNoScore && isTag(part)) return 'null';
  // A number where a URL should be is one image's.
  if (isListed && part === 'url' && fitOf(part, type) === 'unfit') return 'text';
  // Whatever text looks like, it can be a caption, and its values are looked at where they are to be numbers.
  if (stored === undefined || type === NULL_TYPE || part === 'url') return fitOf(part, type);
  if (part === 'caption') return 'native';
  return fitOf(part, type) === 'native' ? 'native' : 'text';
}

function columnsOf(schema: readonly FoundColumn[], name: string): FoundColumn[] {
  const folded = name.toLowerCase();
  return schema.filter((column) => column.name.toLowerCase() === folded);
}

function chosen(
  schema: readonly FoundColumn[],
  part: Part,
  name: string | undefined,
  flag: string | undefined,
): Found | undefined {
  if (name === undefined) return undefined;
  // Columns without names are called by their places.
  const found =
    columnOf(schema, name) ?? (/^\d+$/.test(name) ? columnOf(schema, `column${name}`) : undefined);
  if (!found) throw missing(schema, `The input has no column "${name}", which ${flag} names.`);
  const fit = fitOfColumn(schema, part, found.name);
  if (fit === 'unfit') throw unfitColumn(schema, part, found.name, WAYS_ON[part]);
  return { name: found.name, fit };
}

/** What helps where no flag names a column. */
const RENAME = 'Rename the column where it is something else.';

const WAYS_ON: Readonly<Record<Part, string>> = {
  url: 'Name another with --url-col.',
  caption: 'Name another with --caption-col, or say --caption-col none.',
  hash: 'Name another with --hash-col, or say --hash-col none to have hashes computed from URL and caption.',
  ...byTag(() => RENAME),
};

function unfitColumn(schema: readonly FoundColumn[], part: Part, name: string, wayOn: string): TableError {
  const { type, path } = columnsOf(schema, name).find((column) => fitOfOne(part, column) === 'unfit')!;
  const what = { url: 'URLs', caption: 'captions', hash: 'hashes' }[part as string] ?? `${part} scores`;
  return new TableError(
    'BB_SCHEMA_MISMATCH',
    `${path === undefined ? 'The' : `${path}: the`} column "${name}" cannot be read as ${what}. ${unfitReason(part, type)} ${wayOn}`,
    { fields: { column: name, part, type, ...(path !== undefined && { path }) } },
  );
}

/** What the names look like where a text was read with the wrong delimiter, or its first row as its header. */
function dialectAdvice(schema: readonly FoundColumn[]): string {
  const names = schema.map(({ name }) => name);
  if (names.some((name) => /^[a-z][a-z0-9+.-]*:\/\/\S/i.test(name)))
    return 'A name looks like a URL: where the first line is a row, say --no-header and --url-col 0 (the first column). ';
  const between = names.length === 1 ? /[;|\t,]/.exec(names[0]!)?.[0] : undefined;
  if (between === undefined) return '';
  const shown = between === '\t' ? 'tab' : `'${between}'`;
  return `Where ${shown} stands between the fields, say --delimiter ${shown}. `;
}

function missing(schema: readonly FoundColumn[], what: string): TableError {
  const columns = [...new Set(schema.map((column) => column.name))];
  return new TableError('BB_COLUMN_MISSING', `${what} It has: ${columns.join(', ') || 'none'}.`, {
    fields: { columns },
  });
}

/**
 * The parts that the columns of several files play in a run. A score that is null in every row is none, whatever its
 * type: a run's own tables have all three columns, and a rule by default would drop each row for want of a tag that
 * nobody gave.
 *
 * @throws TableError as `findParts`
 */
export function findPartsOf(
  files: readonly {
    readonly path: string;
    readonly columns: readonly FileColumn[];
    readonly format?: InputFormat | PictureFormat;
  }[],
  choice: ColumnChoice,
): FoundColumns {
  return findParts(
    files.flatMap(({ path, columns, format }) =>
      columns.map((column) => ({
        ...column,
        path,
        isNoScore: column.isEmpty === true,
        isListed: isListed(format),
      })),
    ),
    choice,
  );
}
