import test from 'ava';
import { SubsetDatabase } from '../../src/subset/database.ts';
import { itemsOf } from '../../src/tables/chunk.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const THREADS = "SELECT current_setting('threads')::INTEGER";

test('rows of numbers are read by one thread, others by as many as are allowed', async (t) => {
  const folder = await makeFolder(t);
  const database = await SubsetDatabase.open({ memoryLimitMb: 512, threads: 3 }, folder);
  t.teardown(() => database.close());
  const threadsOf = async (isLight?: boolean): Promise<number | undefined> => {
    for await (const chunk of database.stream({
      ...{ phase: 'reading', sql: THREADS, rowCount: 1 },
      ...(isLight !== undefined && { isLight }),
    }))
      return itemsOf<Int32Array>(chunk, 0)[0];
    return undefined;
  };
  t.is(await threadsOf(true), 1);
  t.is(await threadsOf(), 3);
  t.is(await threadsOf(true), 1);
});

test('a database has all of its settings, which are given together', async (t) => {
  const folder = await makeFolder(t);
  const database = await SubsetDatabase.open({ memoryLimitMb: 512, threads: 1 }, folder);
  t.teardown(() => database.close());
  const [row] = await database.rows(
    "SELECT current_setting('ieee_floating_point_ops') AS ieee, current_setting('enable_progress_bar_print') AS bar, 1 / 0 AS quotient",
  );
  t.deepEqual(row, { ieee: false, bar: false, quotient: null });
});
