import test, { type ExecutionContext } from 'ava';
import { hashTexts } from '../../src/samples/hash.ts';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';
import { hashOfSql, registerSampleHash } from '../../src/tables/hash-function.ts';

async function ask(t: ExecutionContext, sql: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  t.teardown(() => {
    connection.closeSync();
    instance.closeSync();
  });
  await registerSampleHash(instance);
  return (await connection.runAndReadAll(sql)).getRowsJS().map(([value]) => value);
}

const hashOf = (text: string): bigint => hashTexts([Buffer.from(text)])[0]!;
const textOf = (i: number): string => (i % 5 === 0 ? 'short' : `a text of some length, ${i}`);
const TEXT = `encode(CASE WHEN i % 5 = 0 THEN 'short' ELSE 'a text of some length, ' || i END)`;
const ROWS = 5000;

test('SQL has the sample hash of each text, in the order of the rows', async (t) => {
  const found = await ask(t, `SELECT ${hashOfSql(TEXT)} FROM range(${ROWS}) r(i)`);
  t.deepEqual(
    found,
    Array.from({ length: ROWS }, (_, i) => hashOf(textOf(i))),
  );
});

test('rows that need no hash are left out of what is hashed', async (t) => {
  const own = 'CASE WHEN i % 3 <> 0 THEN i END';
  const sql = `CASE WHEN ${own} IS NULL THEN ${hashOfSql(TEXT)} ELSE ${own} END`;
  const found = await ask(t, `SELECT ${sql} FROM range(${ROWS}) r(i)`);
  t.deepEqual(
    found,
    Array.from({ length: ROWS }, (_, i) => (i % 3 === 0 ? hashOf(textOf(i)) : BigInt(i))),
  );
});

test('one text for all rows has one hash', async (t) => {
  const found = await ask(t, `SELECT ${hashOfSql(`''::BLOB`)} FROM range(${ROWS})`);
  t.deepEqual(found, Array<bigint>(ROWS).fill(hashOf('')));
});
