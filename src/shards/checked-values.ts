import type { ColumnMapping } from '../tables/columns.ts';
import type { ScanInstance } from '../tables/duckdb.ts';
import { isListed } from '../tables/formats.ts';
import type { ReadableInput } from '../tables/readable.ts';
import { checkTexts, type MissingTexts, missingIn, refuseNestedUrls } from '../tables/value-check.ts';
import { countListed, listedNotes, settleListed, type UnfitValues } from './listed-values.ts';

/** What was found in the texts that are read as hashes, scores and URLs. */
interface CheckedValues {
  /** Of each input. */
  readonly missing: readonly MissingTexts[];
  readonly unfit: UnfitValues;
  /** What a person is to know of them, a line each. */
  readonly notes: readonly string[];
}

/**
 * Looks at the texts in the columns that play parts, before anything is done with the inputs.
 *
 * @throws TableError BB_INPUT_VALUE, BB_SCHEMA_MISMATCH; BB_SHARD_READ
 */
export async function checkValues(
  instance: ScanInstance,
  tables: readonly ReadableInput[],
  columns: Partial<ColumnMapping>,
): Promise<CheckedValues> {
  const connection = await instance.connect();
  try {
    const missing: MissingTexts[] = [];
    const listed = [];
    for (const table of tables) {
      if (isListed(table.format)) {
        listed.push(await countListed(connection, table, columns));
        continue;
      }
      if (columns.url !== undefined) await refuseNestedUrls(connection, table, columns.url);
      missing.push(await checkTexts(connection, table, columns));
    }
    const unfit = settleListed(listed);
    missing.push(...listed.map(({ counted }) => missingIn(counted)));
    return { missing, unfit, notes: listed.flatMap(listedNotes) };
  } finally {
    connection.closeSync();
  }
}
