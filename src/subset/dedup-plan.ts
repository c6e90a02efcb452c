import { hashSql } from '../tables/column-sql.ts';
import { columnOf, type SchemaColumn } from '../tables/columns.ts';
import { quoteName } from '../tables/duckdb.ts';
import { TableError } from '../tables/errors.ts';
import type { Dedup } from './dedup-options.ts';

/** Where what rows are compared by comes from. */
export type DedupKey =
  /** A column of the metadata, and SQL of the key, of a column of that name; null for rows without one. */
  | { readonly from: 'column'; readonly column: string; readonly sql: string }
  /** The hash that the join has read or computed. */
  | { readonly from: 'hash' }
  /** A column of lists of floats. */
  | { readonly from: 'vectors'; readonly column: string }
  /** The .npy files of the run folders that the metadata are. */
  | { readonly from: 'npy' };

/** Names that embeddings go by, best first; without one of them, the only column of lists of floats. */
const EMBEDDING_NAMES = [
  ...['embedding', 'embeddings', 'emb', 'image_embedding', 'img_emb'],
  ...['clip_embedding', 'vector'],
];
const LIST_OF_FLOATS = /^(FLOAT|DOUBLE)\[\d*\]$/;
const INTEGER = /^U?(BIG|SMALL|TINY)?INT(EGER)?$/;

/** What is known of the metadata when the key is looked for. */
export interface KeySource {
  readonly schema: readonly SchemaColumn[];
  readonly url: string;
  /** Whether the metadata are the tags of run folders. */
  readonly fromRuns: boolean;
  /** The column that a person named. */
  readonly embeddingColumn?: string | undefined;
}

/** Finds what rows are compared by. @throws TableError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH */
export function dedupKey({ by }: Dedup, source: KeySource): DedupKey {
  switch (by) {
    case 'url':
      return { from: 'column', column: source.url, sql: quoteName(source.url) };
    case 'hash':
      return { from: 'hash' };
    case 'sha256':
      return digestKey(source);
    case 'phash':
      return phashKey(source);
    case 'embedding':
      return embeddingKey(source);
  }
}

function digestKey({ schema }: KeySource): DedupKey {
  const column = columnOf(schema, 'sha256');
  if (!column) throw lacking(schema, 'sha256', '`score --compute-hash sha256` writes it');
  const text = `lower(trim(${quoteName(column.name)}::VARCHAR))`;
  return {
    from: 'column',
    column: column.name,
    sql: `CASE WHEN regexp_full_match(${text}, '[0-9a-f]{64}') THEN ${text} END`,
  };
}

/** An int64, or the sixteen hexadecimal digits that imagehash prints. */
function phashKey({ schema }: KeySource): DedupKey {
  const column = columnOf(schema, 'phash');
  if (!column) throw lacking(schema, 'phash', '`score --compute-phash` writes it');
  const { name, type } = column;
  const value = quoteName(name);
  if (INTEGER.test(type)) return { from: 'column', column: name, sql: hashSql(value, type) };
  if (type !== 'VARCHAR') {
    throw new TableError(
      'BB_SCHEMA_MISMATCH',
      `The column "${name}" holds ${type}, which is no perceptual hash: those are int64, or 16 hexadecimal digits.`,
      { fields: { column: name, type } },
    );
  }
  const digits = `CASE WHEN regexp_full_match(trim(${value}), '[0-9a-fA-F]{16}') THEN ('0x' || trim(${value}))::UBIGINT END`;
  return { from: 'column', column: name, sql: hashSql(`(${digits})`, 'UBIGINT') };
}

function embeddingKey({ schema, fromRuns, embeddingColumn }: KeySource): DedupKey {
  const lists = schema.filter(({ type }) => LIST_OF_FLOATS.test(type));
  const names = embeddingColumn === undefined ? EMBEDDING_NAMES : [embeddingColumn];
  const [known] = names.flatMap((name) => columnOf(lists, name) ?? []);
  const found = known ?? (embeddingColumn === undefined && lists.length === 1 ? lists[0] : undefined);
  if (found) return { from: 'vectors', column: found.name };
  if (fromRuns && embeddingColumn === undefined) return { from: 'npy' };
  throw lacking(
    schema,
    embeddingColumn ?? 'of embeddings (lists of float32 or float64)',
    '--embedding-col names it; the embeddings that `score --save-embeddings` keeps are found where the run folder is the metadata',
  );
}

function lacking(schema: readonly SchemaColumn[], what: string, advice: string): TableError {
  const columns = schema.map(({ name }) => name);
  return new TableError(
    'BB_COLUMN_MISSING',
    `The metadata have no column ${what}, which --dedup compares: ${advice}. The columns are: ${columns.join(', ')}.`,
    { fields: { columns } },
  );
}
