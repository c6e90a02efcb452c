import type { ColumnMapping, SchemaColumn } from './columns.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from './results.ts';

/** An input column in the output. */
export interface PassedColumn {
  /** Its place in the plan's schema. */
  readonly schemaIndex: number;
  /** Its name in the output. */
  readonly name: string;
}

/**
 * The input columns that go through to tags and metadata, in input order. The mapped hash and tag columns stay
 * out: `hash`, `aesthetic`, `punsafe` and `pwatermark` take their place. A column whose name is one of ours,
 * whatever its case, becomes `input_<name>` (once more where that is taken too).
 */
export function passedColumns(schema: readonly SchemaColumn[], mapping: ColumnMapping): PassedColumn[] {
  const replaced = [mapping.hash, mapping.aesthetic, mapping.punsafe, mapping.pwatermark];
  const passed = schema
    .map((column, schemaIndex) => ({ schemaIndex, name: column.name }))
    .filter((column) => !replaced.includes(column.name));
  const ours: readonly string[] = [...LEADING_COLUMNS, ...TRAILING_COLUMNS];
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
