import { TAGS, type Tag } from '../samples/tags.ts';

/** The type of a column without a single value. */
export const NULL_TYPE = '"NULL"';

/** What columns of the input are read for, in the order of records and summaries. */
export const PARTS = ['url', 'caption', 'hash', ...TAGS] as const;

/** What a column of the input is read for. */
export type Part = (typeof PARTS)[number];

/** Whether a part can be made of a type: as it is; from texts, each of which has to be looked at; from nothing but null. */
export type Fit = 'native' | 'text' | 'null' | 'unfit';

const INTEGERS = /^U?(TINY|SMALL|BIG)?INT(EGER)?$/;

export const TEXTS: readonly string[] = ['VARCHAR', 'BLOB'];

/** True for the integer types of up to 64 bits. */
export function isInteger(type: string): boolean {
  return INTEGERS.test(type);
}

/** True for every type that holds plain numbers. */
export function isNumeric(type: string): boolean {
  return isInteger(type) || /^(U?HUGEINT|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type);
}

/** @param type DuckDB's name */
export function fitOf(part: Part, type: string): Fit {
  if (type === NULL_TYPE) return 'null';
  if (part === 'url' || part === 'caption') return TEXTS.includes(type) ? 'native' : 'unfit';
  if (TEXTS.includes(type)) return 'text';
  if (part !== 'hash') return isNumeric(type) ? 'native' : 'unfit';
  if (isInteger(type)) return 'native';
  // Integers of another width than 64 bits are looked at as their digits.
  return /^(U?HUGEINT|DECIMAL\(\d+,0\))$/.test(type) ? 'text' : 'unfit';
}

/** Why a type is unfit for a part, and what to do, as sentences. */
export function unfitReason(part: Part, type: string): string {
  if (part === 'url' || part === 'caption') return `It holds ${type}, not text.`;
  if (part !== 'hash') return `It holds ${type}, not numbers.`;
  if (!isNumeric(type)) return `It holds ${type}, not 64-bit integers.`;
  return (
    `It holds ${type}, which has lost the last digits of 64-bit hashes, so none of them would be found again. ` +
    "Write it anew from the source as int64 (in pandas, read it as the nullable type 'Int64'), or as decimal text."
  );
}

/** Which input column plays which part. */
export interface ColumnMapping extends Readonly<Partial<Record<Tag, string>>> {
  readonly url: string;
  /** Names a row's image where it has no URL: hashes are computed from it then. Only of images that lie in files. */
  readonly path?: string;
  /** Of images in a column: that column, which is none of the schema. */
  readonly image?: string;
  readonly caption?: string;
  readonly hash?: string;
}

/** A column of the input with DuckDB's name for its type. */
export interface SchemaColumn {
  readonly name: string;
  readonly type: string;
}

/** A column of one file. */
export interface FileColumn extends SchemaColumn {
  /** As the file has it, where that is not `type`: text is kept as text, whatever it says. */
  readonly stored?: string;
  /** The one value of a partition column, which is a folder's name and not in the file. */
  readonly partition?: string | null;
  /** SQL for its values, where it is not in the file: over the file's own columns and `file_row_number`. */
  readonly computed?: string;
  /** It holds nothing but null, or of scores NaN and texts that stand for none, whatever its type. */
  readonly isEmpty?: boolean;
}

/** The same columns by the names that they have in a schema, whose spelling may be another file's. */
export function asSpelt<Mapping extends Partial<ColumnMapping>>(
  mapping: Mapping,
  schema: readonly SchemaColumn[],
): Mapping {
  const entries = Object.entries(mapping) as [string, string][];
  return Object.fromEntries(
    entries.map(([part, name]) => [part, columnOf(schema, name)?.name ?? name]),
  ) as unknown as Mapping;
}

/** The column of that name: as spelt, else whatever its case. */
export function columnOf<Column extends SchemaColumn>(
  schema: readonly Column[],
  name: string,
): Column | undefined {
  return (
    schema.find((column) => column.name === name) ??
    schema.find((column) => column.name.toLowerCase() === name.toLowerCase())
  );
}

/** The type of a column's values where they lie. */
export function storedType(column: FileColumn): string {
  return column.stored ?? column.type;
}
