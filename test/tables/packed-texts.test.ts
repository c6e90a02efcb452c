import { join } from 'node:path';
import test from 'ava';
import { hashTexts } from '../../src/samples/hash.ts';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';
import { hashTextColumn } from '../../src/tables/packed-texts.ts';
import { makeFolder } from '../helpers/make-folder.ts';

/** Rows of every kind that lie differently in DuckDB's memory; `i` is the row. */
const TEXTS: Readonly<Record<string, string>> = {
  'long ones': `'https://images.example.com/' || i || '/' || repeat('x', i % 300)`,
  'of 0 to 13 bytes, which lie within the rows up to 12': `repeat('a', (i % 14)::INTEGER)`,
  'long, short, empty and null in turns': `CASE i % 4 WHEN 0 THEN 'a text of some length, number ' || i WHEN 1 THEN 'short' || i WHEN 2 THEN '' END`,
  'the same few again and again, as a dictionary has them': `'one of a few texts, and this is ' || ['the first', 'the second', 'another'][1 + i % 3]`,
  'all the same': `'a constant text that is longer than twelve bytes'`,
  'all null': 'NULL::VARCHAR',
  'not ASCII, with marks of byte order': `chr(65279) || 'größer als zwölf: 写真 ' || i`,
  backwards: `'text number ' || (100000 - i) || ' of a table that is sorted'`,
  'some of a megabyte': `CASE WHEN i % 1500 = 7 THEN repeat('m', 1000000 + i::INTEGER) ELSE 'not so long, but long enough' END`,
};

for (const [what, sql] of Object.entries(TEXTS)) {
  test(`texts of a column are hashed as each by itself: ${what}`, async (t) => {
    const path = join(await makeFolder(t), 'texts.parquet');
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    t.teardown(() => {
      connection.closeSync();
      instance.closeSync();
    });
    const rows = `SELECT i, ${sql} AS text FROM range(6000) r(i)`;
    await connection.run(`COPY (${rows}) TO '${path}' (FORMAT parquet)`);
    const sources = {
      'a query': rows,
      'a Parquet file': `SELECT i, text FROM '${path}'`,
      'another order': `SELECT i, text FROM '${path}' ORDER BY hash(i)`,
    };
    for (const [source, query] of Object.entries(sources)) {
      const expected = hashTexts(
        (await connection.runAndReadAll(`SELECT text FROM (${query})`))
          .getRowsJS()
          .map(([text]) => withMark((text as string | null) ?? '', what)),
      );
      const result = await connection.stream(`SELECT encode(text) FROM (${query})`);
      const found: bigint[] = [];
      for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; ) {
        found.push(...hashTextColumn(chunk, 0));
        // Nothing is left behind in DuckDB's rows: a second look gives the same.
        t.deepEqual([...hashTextColumn(chunk, 0)], found.slice(-chunk.rowCount), source);
        chunk = await result.fetchChunk();
      }
      t.deepEqual(found, [...expected], source);
    }
  });
}

/** The client takes a mark of byte order from the front of a string. */
function withMark(text: string, what: string): Uint8Array {
  return Buffer.from(what.includes('marks') ? `\ufeff${text}` : text);
}
