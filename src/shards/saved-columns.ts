import type { SchemaColumn } from '../tables/columns.ts';
import { quoteName } from '../tables/duckdb.ts';
import { passedColumns } from './output-columns.ts';
import type { RunPlan } from './plan.ts';
import { TRAILING_COLUMNS } from './result-columns.ts';
import { type FurtherColumn, furtherColumn } from './results.ts';

/** What img2dataset calls the columns that its `--url_col` and `--caption_col` name. */
const RENAMED = { url: 'url', caption: 'caption' } as const;

/** The columns that img2dataset adds behind those of the input, in its order; widths and heights are those of the saved image. */
const IMG2DATASET_COLUMNS = ['key', 'status', 'error_message', 'width', 'height'] as const;

/** Ours, which come last. Of rows whose images are saved there is no reason of failure. */
const OWN_COLUMNS = TRAILING_COLUMNS.filter(
  (name) => !['status', 'reason', 'error_message', 'original_width', 'original_height'].includes(name),
);

/**
 * The columns of a table of saved images as SQL over `input`, `results` and `saved`: the input's, then img2dataset's under its names,
 * then hash, tags and verdict.
 *
 * @param reserved a name that the input's columns may not have: that of the column of images
 */
export function savedColumns(
  { schema, columns, savedColumns: chosen }: Pick<RunPlan, 'schema' | 'columns' | 'savedColumns'>,
  further: readonly FurtherColumn[],
  reserved: string,
): string[] {
  const names = further.map(({ name }) => name);
  const taken = [...names, ...Object.values(RENAMED), 'width', 'height', reserved];
  const nameOf = (schemaIndex: number, name: string): string => {
    const { name: original } = schema[schemaIndex] as SchemaColumn;
    if (original === columns.url) return RENAMED.url;
    return original === columns.caption ? RENAMED.caption : name;
  };
  return [
    ...passedColumns(schema, columns, taken, chosen).map(
      ({ schemaIndex, name }) => `input.c${schemaIndex} AS ${quoteName(nameOf(schemaIndex, name))}`,
    ),
    ...IMG2DATASET_COLUMNS.map(
      (name) => `${name === 'width' || name === 'height' ? 'saved' : 'results'}.${name}`,
    ),
    'results.original_width',
    'results.original_height',
    ...names.map((name, place) => `results.${furtherColumn(place)} AS ${quoteName(name)}`),
    'results.hash',
    ...OWN_COLUMNS.map((name) => `results.${name}`),
  ];
}
