import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runHandSql } from './hand-sql.ts';

const FILES = 8;
/** For making the data. */
const HAND_LIMITS = { threads: 2, memoryMb: 1024 };

/** Metadata in LAION's columns and tags in another order: 2% of hashes without a tag, 1% twice on either side. */
export async function writeSubsetData(folder: string, rows: number): Promise<void> {
  const perFile = rows / FILES;
  const int64 = (hash: string): string => `(${hash}::HUGEINT - 9223372036854775808)::BIGINT AS hash`;
  for (const name of ['metadata', 'tags']) mkdirSync(join(folder, name), { recursive: true });
  for (let file = 0; file < FILES; file++) {
    const range = `range(${file * perFile}, ${(file + 1) * perFile})`;
    const part = `part-${file}.parquet' (FORMAT parquet, COMPRESSION snappy)`;
    await runHandSql({ ...HAND_LIMITS, spill: join(folder, 'spill') }, [
      `COPY (SELECT 'https://cdn' || (h % 5000) || '.example.com/images/' || printf('%x', h >> 8) || '/photo-' || i || '.jpg' AS URL,
               'a picture of ' || printf('%x', h >> 16) || ' and ' || printf('%x', h >> 20) || ' by the sea' AS "TEXT",
               (100 + h % 1900)::INTEGER AS WIDTH, (100 + (h >> 12) % 1900)::INTEGER AS HEIGHT,
               'UNLIKELY' AS NSFW, (h % 1000) / 4000.0 + 0.28 AS similarity, ${int64('h')}
             FROM (SELECT i, hash(CASE WHEN i % 97 = 0 THEN i - 1 ELSE i END) AS h FROM ${range} r(i)))
       TO '${folder}/metadata/${part}`,
      `COPY (SELECT ${int64('h')}, (5 + 1.2 * sqrt(-2 * ln(((h >> 3) % 1000003 + 1) / 1000004.0))
               * cos(6.2831853 * ((h >> 7) % 999983) / 999983.0))::FLOAT AS prediction,
               pow(((h >> 11) % 10007) / 10007.0, 3)::FLOAT AS punsafe, (((h >> 17) % 10009) / 10009.0)::FLOAT AS pwatermark
             FROM (SELECT hash(CASE WHEN k % 83 = 0 THEN k + ${rows / 50} ELSE k + ${rows / 100} END) AS h
                   FROM (SELECT (j * 7919) % ${rows} AS k FROM ${range} r(j))))
       TO '${folder}/tags/${part}`,
    ]);
  }
}

const ORD = '((file_index::BIGINT << 40) | file_row_number)';

/** The first row of each hash. */
function handTags(folder: string): string {
  return `SELECT hash, arg_min(prediction, ord) AS prediction, arg_min(punsafe, ord) AS punsafe, arg_min(pwatermark, ord) AS pwatermark
    FROM (SELECT *, ${ORD} AS ord FROM '${folder}/tags/*.parquet') GROUP BY hash`;
}

/** What a person would type: the first tag row of each hash, joined, filtered, in input order. */
export function handRowsSql(folder: string, output: string, cut: number): string[] {
  const tags = handTags(folder);
  return [
    `COPY (SELECT m.* EXCLUDE (ord), t.pwatermark, t.punsafe, t.prediction AS aesthetic
           FROM (SELECT *, ${ORD} AS ord FROM '${folder}/metadata/*.parquet') AS m JOIN (${tags}) AS t ON m.hash = t.hash
           WHERE t.prediction > ${cut} AND t.punsafe < 0.5 AND t.pwatermark < 0.8 ORDER BY m.ord)
     TO '${output}' (FORMAT parquet, COMPRESSION snappy)`,
  ];
}

/** The numbers that subset.json has, typed likewise. */
export function handNumbersSql(folder: string, cut: number): string[] {
  const twice = (name: string): string =>
    `SELECT count(*), sum(n - 1) FROM (SELECT count(*) AS n FROM '${folder}/${name}/*.parquet' GROUP BY hash HAVING n > 1)`;
  const tags = handTags(folder);
  return [
    twice('metadata'),
    twice('tags'),
    `SELECT t.hash IS NULL AS no_tag, prediction > ${cut} AS a, punsafe < 0.5 AS b, pwatermark < 0.8 AS c, count(*)
     FROM '${folder}/metadata/*.parquet' AS m LEFT JOIN (${tags}) AS t ON m.hash = t.hash GROUP BY ALL`,
  ];
}
