import type { DuckDBInstance } from '@duckdb/node-api';
import { BIGINT, BLOB, DuckDBScalarFunction } from './duckdb-library.ts';
import { fillVector } from './filled-table.ts';
import { hashTextColumn } from './packed-texts.ts';

const NAME = 'bowerbird_sample_hash';

/** Gives the SQL of all connections of an instance `hashOfSql`. */
export async function registerSampleHash(instance: DuckDBInstance): Promise<void> {
  const connection = await instance.connect();
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: NAME,
      parameterTypes: [BLOB],
      returnType: BIGINT,
      mainFunction: (_info, chunk, output) => fillVector(output, hashTextColumn(chunk, 0)),
    }),
  );
  connection.closeSync();
}

/** SQL for the sample hash (`hashTexts`) of the bytes of a text, none of which is null. */
export function hashOfSql(bytes: string): string {
  return `${NAME}(${bytes})`;
}
