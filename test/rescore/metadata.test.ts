import { join } from 'node:path';
import test from 'ava';
import { type MetadataFile, readTags, refuseOtherRows } from '../../src/rescore/metadata.ts';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';
import { makeFolder } from '../helpers/make-folder.ts';

test('metadata that has other rows than when the run was planned is refused by name, and not filled up', async (t) => {
  const path = join(await makeFolder(t), 'metadata.parquet');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  t.teardown(() => {
    connection.closeSync();
    instance.closeSync();
  });
  await connection.run(
    `COPY (SELECT (i / 10)::FLOAT AS punsafe FROM range(5) r(i)) TO '${path}' (FORMAT parquet)`,
  );
  const file = (rowCount: number): MetadataFile => ({
    ...{ path, rowCount },
    schema: [{ name: 'punsafe', type: 'FLOAT' }],
    columns: { punsafe: 'punsafe' },
  });
  await t.notThrowsAsync(refuseOtherRows(connection, file(5)));
  t.is((await readTags(instance, file(5))).punsafe!.length, 5);
  for (const rowCount of [4, 6]) {
    const refused = { code: 'BB_SHARD_READ', message: /metadata\.parquet.*end at 5 instead of/ };
    await t.throwsAsync(refuseOtherRows(connection, file(rowCount)), refused);
    await t.throwsAsync(readTags(instance, file(rowCount)), refused);
  }
});
