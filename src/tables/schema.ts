import { TAGS } from '../samples/tags.ts';
import {
  type ColumnMapping,
  type FileColumn,
  fitOf,
  NULL_TYPE,
  type Part,
  type SchemaColumn,
} from './columns.ts';
import { TableError } from './errors.ts';
import type { ReadableInput } from './readable.ts';

/** The columns of one input. `soft` marks types that were guessed from text: they give way to VARCHAR. */
export interface FileSchema {
  readonly path: string;
  readonly columns: readonly FileColumn[];
  readonly soft: boolean;
}

/** Signed integers by width, with the unsigned ones that fit into each. */
const INTEGER_WIDTHS = [
  ['TINYINT'],
  ['SMALLINT', 'UTINYINT'],
  ['INTEGER', 'USMALLINT'],
  ['BIGINT', 'UINTEGER'],
];

/** A column of all inputs together; `soft` where every file that has it is text. */
export interface UnifiedColumn extends SchemaColumn {
  readonly soft: boolean;
}

interface Unified extends UnifiedColumn {
  readonly path: string;
  /** What it is read for, where types may then differ: each file's values are taken by the part's own rule. */
  readonly part: Part | undefined;
}

/**
 * One schema for all inputs, columns in order of first sight. Names are matched whatever their case (the first
 * spelling stays). Integers widen, integers and floats meet as DOUBLE; a column that a file lacks reads as null there.
 * A hash or a score may be integers in one file and text in another: it is read as BIGINT or DOUBLE then.
 *
 * @param mapping the columns that play parts
 * @throws TableError BB_SCHEMA_MISMATCH naming the column and both files
 */
export function unifySchemas(
  files: readonly FileSchema[],
  mapping: Partial<ColumnMapping> = {},
): UnifiedColumn[] {
  const partOf = (name: string): Part | undefined =>
    MIXED_PARTS.find((part) => mapping[part]?.toLowerCase() === name.toLowerCase());
  const unified = new Map<string, Unified>();
  for (const file of files) {
    for (const column of file.columns) {
      const key = column.name.toLowerCase();
      // A folder's name is text, whatever it says, and gives way to a column of that name.
      const soft = file.soft || column.partition !== undefined;
      const { name, type } = column;
      const next = { name, type, soft, path: file.path, part: partOf(name) };
      const before = unified.get(key);
      unified.set(key, before ? merge(before, next) : next);
    }
  }
  return [...unified.values()].map(({ name, type, soft }) => ({
    name,
    type: type.replace(NULL_TYPE, 'INTEGER'),
    soft,
  }));
}

/**
 * One schema for the files of a table, in which parts have types that they can be read from.
 *
 * @param mapping the columns that play parts
 * @throws TableError BB_SCHEMA_MISMATCH naming the column and both files
 */
export function settleSchema(
  files: readonly Pick<ReadableInput, 'path' | 'columns' | 'format'>[],
  mapping: Partial<ColumnMapping>,
): SchemaColumn[] {
  const schemas = files.map((file) => ({
    path: file.path,
    columns: columnsByPart(file, mapping),
    soft: isText(file),
  }));
  return unifySchemas(schemas, mapping).map(({ name, type }) => ({ name, type }));
}

const MIXED_PARTS = ['hash', ...TAGS] as const;

function merge(before: Unified, next: Unified): Unified {
  const type = commonType(before, next);
  if (type === undefined) throw mismatch(before, next);
  const soft = before.soft && next.soft;
  // Whoever brought the harder type is named in a later mismatch.
  const path = before.type === type ? before.path : next.path;
  return { name: before.name, type, soft, path, part: before.part };
}

function commonType(a: Unified, b: Unified): string | undefined {
  if (a.type === b.type || b.type === NULL_TYPE) return a.type;
  if (a.type === NULL_TYPE) return b.type;
  // Before numbers meet as DOUBLE, which would bend hashes.
  const mixed = a.part && commonPart(a.part, a.type, b.type);
  if (mixed) return mixed;
  const numeric = commonNumber(a.type, b.type);
  if (numeric) return numeric;
  const lists = commonList(a.type, b.type);
  if (lists) return lists;
  const textual = (a.type === 'VARCHAR' && b.soft) || (b.type === 'VARCHAR' && a.soft);
  return textual ? 'VARCHAR' : undefined;
}

/** A list of nothing but null is a list of anything. */
function commonList(a: string, b: string): string | undefined {
  const isNullList = (type: string): boolean => type === `${NULL_TYPE}[]`;
  if (isNullList(a) && b.endsWith('[]')) return b;
  return isNullList(b) && a.endsWith('[]') ? a : undefined;
}

function commonPart(part: Part, a: string, b: string): string | undefined {
  if ([a, b].some((type) => fitOf(part, type) === 'unfit')) return undefined;
  return part === 'hash' ? 'BIGINT' : 'DOUBLE';
}

function commonNumber(a: string, b: string): string | undefined {
  const widths = [widthOf(a), widthOf(b)];
  if (widths.every((width) => width >= 0)) return INTEGER_WIDTHS[Math.max(...widths)]![0];
  const numbers = [a, b].every((type) => widthOf(type) >= 0 || isFraction(type));
  return numbers && [a, b].some(isFraction) ? 'DOUBLE' : undefined;
}

function widthOf(type: string): number {
  return INTEGER_WIDTHS.findIndex((types) => types.includes(type));
}

function isFraction(type: string): boolean {
  return type === 'FLOAT' || type === 'DOUBLE' || type.startsWith('DECIMAL(');
}

function mismatch(a: Unified, b: Unified): TableError {
  return new TableError(
    'BB_SCHEMA_MISMATCH',
    `Column "${a.name}" is ${a.type} in ${a.path} but ${b.type} in ${b.path}. Give such files to separate runs.`,
    { fields: { column: a.name, paths: [a.path, b.path], types: [a.type, b.type] } },
  );
}

/** Whether a file's types were guessed from text. */
function isText({ format }: Pick<ReadableInput, 'format'>): boolean {
  return format !== 'parquet' && format !== 'parquet-images';
}

/**
 * The columns of a text file with the types that their parts give them: URL, path and caption are texts whatever they look
 * like ("2012" is a caption, and its bytes are hashed), a hash is an integer or text, and a score is a number, with
 * words for none. Those of any other file as they are.
 */
function columnsByPart(
  { columns }: Pick<ReadableInput, 'columns'>,
  { url, path, image: _, caption, hash, ...scores }: Partial<ColumnMapping>,
): readonly FileColumn[] {
  const is = (column: FileColumn, names: readonly (string | undefined)[]): boolean =>
    names.some((name) => name?.toLowerCase() === column.name.toLowerCase());
  return columns.map((column) => {
    if (column.stored === undefined) return column;
    if (is(column, [url, path, caption])) return { ...column, type: 'VARCHAR' };
    if (is(column, [hash])) return column.type === 'DOUBLE' ? { ...column, type: 'VARCHAR' } : column;
    if (is(column, Object.values(scores)))
      return column.type === 'VARCHAR' ? { ...column, type: 'DOUBLE' } : column;
    return column;
  });
}
