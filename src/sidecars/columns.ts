import { basename } from 'node:path';
import type { FileColumn } from '../tables/columns.ts';
import { quoteName } from '../tables/duckdb.ts';
import { TableError } from '../tables/errors.ts';
import type { ScoredInput } from './run-inputs.ts';

/** A column of a sidecar, and the SQL that makes it of a row of tags. */
export interface SidecarColumn {
  readonly name: string;
  readonly sql: string;
}

/** The row's number in the input, from 0. */
const ROW = 'row';
/** As the webdataset library calls a sample's key. */
const MEMBER_KEY = '__key__';
/** Of the input's own columns, those that a sample is known by. */
const KNOWN_BY: readonly string[] = ['input_key', 'path'];
/** The first of a run's own columns behind those of the input (docs/formats.md). */
const FIRST_RESULT = 'status';
/** A line of text for each failed row, which `reason` sums up. */
const LEFT_OUT: readonly string[] = ['error_message'];

/**
 * The columns of an input's sidecar: what a sample is known by, what the person asks for, and what the run found.
 *
 * @param tags the columns of the input's tags
 * @param asked further columns of the input, by their names in the tags
 * @throws TableError BB_COLUMN_MISSING
 */
export function sidecarColumns(
  input: ScoredInput,
  tags: readonly FileColumn[],
  asked: readonly string[],
): SidecarColumn[] {
  const names = tags.map(({ name }) => name);
  const known = KNOWN_BY.filter((name) => names.includes(name));
  const results = names.slice(names.indexOf(FIRST_RESULT)).filter((name) => !LEFT_OUT.includes(name));
  refuseMissing(asked, names);
  const memberKey = { name: MEMBER_KEY, sql: memberKeySql(input.path) };
  const others = new Set(['key', ...known, 'hash', ...asked, ...results]);
  return [
    { name: ROW, sql: 'row_number() OVER () - 1' },
    ...(input.format === 'webdataset' ? [memberKey] : []),
    ...[...others].map((name) => ({ name, sql: quoteName(name) })),
  ];
}

/** A path is the archive's name and the member's, whose key ends at the first point behind the last slash. */
function memberKeySql(path: string): string {
  const archive = [...basename(path)].length;
  return `regexp_replace(substr("path", ${archive + 2}), '(?s)^((?:.*/|)[^.]+)[.][^/]*$', '\\1')`;
}

function refuseMissing(asked: readonly string[], names: readonly string[]): void {
  const missing = asked.filter((name) => !names.includes(name) || [ROW, MEMBER_KEY].includes(name));
  if (missing.length === 0) return;
  throw new TableError(
    'BB_COLUMN_MISSING',
    `The run's tags have no column ${missing.map((name) => `"${name}"`).join(', ')} that a sidecar could take. They have: ${names.join(', ')}.`,
    { fields: { columns: names } },
  );
}
