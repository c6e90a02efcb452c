import { PLACE_COLUMNS } from '../pictures/picture-row.ts';
import { PROBABILITY_TAGS } from '../samples/tags.ts';
import type { ColumnMapping, SchemaColumn } from '../tables/columns.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from './result-columns.ts';

/** An input column in the output. */
export interface PassedColumn {
  /** Its place in the plan's schema. */
  readonly schemaIndex: number;
  /** Its name in the output. */
  readonly name: string;
}

/** Columns of ours that repeat the input's where it has them. */
const KEPT_AS_OURS = ['hash', ...PROBABILITY_TAGS] as const;

/** What says only where bytes lie. */
const NOT_PASSED: readonly string[] = Object.values(PLACE_COLUMNS);

/**
 * The input columns that go through to tags and metadata, in input order. Only columns that are mapped to ours of the
 * same name stay out: our `hash`, `punsafe` and `pwatermark` hold the input's values. Any other column whose name is
 * one of ours, whatever its case, becomes `input_<name>` (once more where that is taken too): an input's `aesthetic`
 * is kept as `input_aesthetic`, beside the run's own score.
 *
 * @param extraColumns names of further columns of ours
 * @param saved the only columns that go through beside those that are mapped; all where not given
 */
export function passedColumns(
  schema: readonly SchemaColumn[],
  mapping: Partial<ColumnMapping>,
  extraColumns: readonly string[] = [],
  saved?: readonly string[],
): PassedColumn[] {
  const chosen = saved && new Set([...saved, ...Object.values(mapping)]);
  const passed = schema
    .map((column, schemaIndex) => ({ schemaIndex, name: column.name }))
    .filter(
      ({ name }) =>
        !NOT_PASSED.includes(name) &&
        (chosen?.has(name) ?? true) &&
        !KEPT_AS_OURS.some((ours) => mapping[ours] === name && name.toLowerCase() === ours),
    );
  const ours: readonly string[] = [
    ...LEADING_COLUMNS,
    ...TRAILING_COLUMNS,
    ...extraColumns.map((name) => name.toLowerCase()),
  ];
  const taken = new Set([...ours, ...passed.map((column) => column.name.toLowerCase())]);
  return passed.map((column) =>
    ours.includes(column.name.toLowerCase()) ? { ...column, name: freeName(column.name, taken) } : column,
  );
}

function freeName(name: string, taken: Set<string>): string {
  let free = `input_${name}`;
  while (taken.has(free.toLowerCase())) free = `input_${free}`;
  taken.add(free.toLowerCase());
  return free;
}
