import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openDuckDb } from '../../src/tables/duckdb.ts';
import { readFooter } from '../../src/tables/footer.ts';
import { knownFooters } from '../../src/tables/footer-facts.ts';
import { duck, temporaryFolder } from '../shards/fixtures.ts';

test('footers that are read together say what each says alone; with a damaged one among them nothing is known', async (t) => {
  const folder = await temporaryFolder(t);
  const path = (name: string): string => join(folder, `${name}.parquet`);
  await duck(
    `COPY (SELECT range AS hash, 'x' AS "TEXT" FROM range(5000)) TO '${path('a[1]')}' (ROW_GROUP_SIZE 2048)`,
  );
  await duck(`COPY (SELECT 1.5::FLOAT AS score, NULL::INTEGER AS none) TO '${path('b')}'`);
  await duck(`COPY (SELECT 1 AS hash WHERE false) TO '${path('c')}'`);
  await copyFile(path('a[1]'), path('d'));
  const paths = ['a[1]', 'b', 'c', 'd'].map(path);
  const instance = await openDuckDb({ memoryLimitMb: 128, temporaryFolder: folder });
  const connection = await instance.connect();
  try {
    const known = await knownFooters(connection, paths);
    t.deepEqual([...known.keys()], paths);
    for (const one of paths)
      t.deepEqual(await readFooter(connection, one, one, known), await readFooter(connection, one));
    t.deepEqual(
      paths.map((one) => known.get(one)!.rows),
      [5000n, 1n, 0n, 5000n],
    );
    t.deepEqual([...known.get(paths[1]!)!.empty], ['none']);
    await writeFile(path('e'), 'PAR1 no footer PAR1');
    t.is((await knownFooters(connection, [...paths, path('e')])).size, 0);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});
