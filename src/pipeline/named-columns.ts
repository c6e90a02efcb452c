import { PLACE_COLUMNS } from '../pictures/picture-row.ts';
import type { RunPlan } from '../shards/plan.ts';
import { columnOf, type SchemaColumn, TEXTS } from '../tables/columns.ts';
import { TableError } from '../tables/errors.ts';
import type { ScoreConfig } from './config.ts';

const PLACES: readonly string[] = Object.values(PLACE_COLUMNS);

/**
 * The plan with the columns that are saved or held against digests, as its schema spells them.
 *
 * @throws TableError BB_COLUMN_MISSING for a column of --save-additional-columns or --verify-hash that there is not,
 *   BB_SCHEMA_MISMATCH for one of digests that holds no texts
 */
export function withNamedColumns(
  plan: RunPlan,
  { verifiedHash, savedColumns }: Pick<ScoreConfig, 'verifiedHash' | 'savedColumns'>,
): RunPlan {
  const digests = verifiedHash && named(plan, verifiedHash.column, '--verify-hash');
  if (digests) refuseOtherThanText(digests);
  if (!savedColumns) return plan;
  const saved = savedColumns.map((name) => named(plan, name, '--save-additional-columns').name);
  return { ...plan, savedColumns: saved, ...(digests && { digestColumn: digests.name }) };
}

function named({ schema }: RunPlan, name: string, flag: string): SchemaColumn {
  // What says where the bytes of images lie is no column of the input.
  const given = schema.filter((column) => !PLACES.includes(column.name));
  const found = columnOf(given, name);
  if (found) return found;
  const columns = given.map((column) => column.name);
  throw new TableError(
    'BB_COLUMN_MISSING',
    `The inputs have no column "${name}", which ${flag} names. They have: ${columns.join(', ')}.`,
    { fields: { column: name, columns } },
  );
}

function refuseOtherThanText({ name, type }: SchemaColumn): void {
  if (TEXTS.includes(type)) return;
  throw new TableError(
    'BB_SCHEMA_MISMATCH',
    `The column "${name}" holds ${type}, not digests as text of hexadecimal digits. Name another with --verify-hash.`,
    { fields: { column: name, type } },
  );
}
