import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { runSubset } from '../../src/subset/subset.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { duck } from '../shards/fixtures.ts';
import { makeFolder, optionsOf, readSubset } from './world.ts';

/** Where scripts/make-column-fixtures.py writes. */
const FOLDER = join(packageFolder, 'test/tables/fixtures/columns');

/** A condition on x = 0.125, NaN, -NaN, 0.875, and the rows that it keeps. */
const CONDITIONS: readonly (readonly [string, bigint[]])[] = [
  ['x < 0.5', [1n]],
  ['x > 0.5', [4n]],
  ['x >= 0', [1n, 4n]],
  ['NOT (x < 0.5)', [4n]],
  ['x <> 0.125', [4n]],
  ['x BETWEEN 0 AND 1', [1n, 4n]],
  ['x IN (0.125, 0.875)', [1n, 4n]],
  ['x NOT IN (0.125)', [4n]],
  ["x = 'nan'::FLOAT", []],
  ['x IS NULL', [2n, 3n]],
  ['x < 2 AND x > -2', [1n, 4n]],
  ['greatest(x, 0.5) > 0.6 AND x IS NOT NULL', [4n]],
  ['x / 0 > 0', []],
];

for (const bits of [32, 64]) {
  for (const statistics of ['with', 'without']) {
    test(`NaN fails every condition, in float${bits} ${statistics} statistics`, async (t) => {
      const folder = await makeFolder(t);
      const metadata = [join(FOLDER, `nan${bits}-${statistics}-statistics.parquet`)];
      for (const [i, [condition, expected]] of CONDITIONS.entries()) {
        const column = i % 2 === 0 ? 'punsafe' : 'similarity';
        const where = condition.replace(/\bx\b/g, column);
        const outputFolder = join(folder, `out-${i}`);
        await runSubset(optionsOf(folder, { metadata, where, outputFolder }));
        const hashes = (await readSubset(outputFolder)).map((row) => row['hash']);
        t.deepEqual(hashes, expected, where);
      }
    });
  }
}

test('columns of nothing but null fit those of other files, lists and structs among them', async (t) => {
  const folder = await makeFolder(t);
  const files = [join(FOLDER, 'nulls.parquet'), join(FOLDER, 'nulls-filled.parquet')];
  for (const [i, metadata] of [files, [...files].reverse()].entries()) {
    const outputFolder = join(folder, `out-${i}`);
    const { summary } = await runSubset(
      optionsOf(folder, { metadata, outputFolder, deduplicate: true, outputFiles: 1 }),
    );
    const rows = await readSubset(outputFolder);
    t.deepEqual(
      rows
        .map(({ TEXT, WIDTH, tags, point }) => ({ TEXT, WIDTH, tags, point: point ?? null }))
        .sort((a) => (a.TEXT ? 1 : -1)),
      [
        { TEXT: null, WIDTH: null, tags: [null], point: null },
        { TEXT: 'words', WIDTH: 512n, tags: ['a', 'b'], point: { x: 1.5 } },
      ],
    );
    t.is(summary.metadata.parts.find(({ part }) => part === 'hash')?.column, 'hash');
  }
  const { summary } = await runSubset(
    optionsOf(folder, { metadata: [files[0]!], outputFolder: join(folder, 'null'), deduplicate: true }),
  );
  const hash = summary.metadata.parts.find(({ part }) => part === 'hash');
  t.deepEqual([hash?.column, hash?.empty_column, hash?.computed_from], [null, 'hash', ['URL']]);
  t.deepEqual(schemaProblems('subset.schema.json', join(folder, 'null', 'subset.json')), []);
});

test('hashes are joined whatever each file has them as, and rows keep their order', async (t) => {
  const folder = await makeFolder(t);
  const write = (path: string, select: string): Promise<void> =>
    duck(`COPY (${select}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  await mkdir(join(folder, 'metadata'));
  await mkdir(join(folder, 'tags'));
  const count = 6000;
  // The first half of the hashes is negative as int64.
  const hash = (i: string): string => `(18446744073709551615 - ${i})`;
  const kinds = [
    `${hash('i')}::UBIGINT`,
    `(-1 - i)::BIGINT`,
    `' ' || ${hash('i')}::VARCHAR || ' '`,
    `(-1 - i)::VARCHAR`,
    `${hash('i')}::DECIMAL(20,0)`,
  ];
  for (const [file, kind] of kinds.entries()) {
    const rows = `range(${file * count}, ${(file + 1) * count}) AS r(i)`;
    await write(
      join(folder, 'metadata', `${file}.parquet`),
      `SELECT ${kind} AS hash, 'http://h/' || i AS url, i AS n FROM ${rows}`,
    );
    const other = kinds[(file + 2) % kinds.length]!;
    await write(
      join(folder, 'tags', `${file}.parquet`),
      `SELECT ${other} AS hash, ${file === 1 ? '(i % 8)::VARCHAR' : 'i % 8'} AS aesthetic FROM ${rows}`,
    );
  }
  const { summary } = await runSubset(
    optionsOf(folder, {
      tags: [join(folder, 'tags')],
      selections: [{ name: 'six', kind: 'above', lower: 5.5 }],
    }),
  );
  const rows = await readSubset(join(folder, 'out'));
  const numbers = rows.map((row) => Number(row['n']));
  const expected = Array.from({ length: kinds.length * count }, (_, i) => i).filter((i) => i % 8 > 5);
  t.is(numbers.length, expected.length, JSON.stringify(summary.tags));
  t.deepEqual(numbers, expected);
  t.true(rows.every((row) => row['aesthetic'] === Number(row['n']) % 8));
  t.is(summary.tags[0]?.rowsWithoutTag, 0);
  t.deepEqual(summary.metadata.parts.find(({ part }) => part === 'hash')?.types, [
    'UBIGINT',
    'BIGINT',
    'VARCHAR',
    'DECIMAL(20,0)',
  ]);
});

test('metadata and tags may be text of every format, packed or not', async (t) => {
  const folder = await makeFolder(t);
  const csv =
    'URL,TEXT,hash\nhttp://h/1,a,18446744073709551615\nhttp://h/2,,7\nhttp://h/3,c,9007199254740993\n';
  const jsonl = [
    '{"URL":"http://h/1","TEXT":"a","hash":18446744073709551615}',
    '{"URL":"http://h/2","hash":"7"}',
    '{"URL":"http://h/3","TEXT":"c","hash":9007199254740993}',
  ].join('\n');
  await writeFile(join(folder, 'm.csv'), csv);
  await writeFile(join(folder, 'm.tsv.gz'), gzipSync(csv.replaceAll(',', '\t')));
  await writeFile(join(folder, 'm.jsonl'), jsonl);
  const tags = 'hash,aesthetic,punsafe\n-1,7.5,NA\n7,NaN,0.25\n9007199254740993,8,0.1\n';
  await writeFile(join(folder, 't.csv'), tags);
  await writeFile(join(folder, 't.tsv.gz'), gzipSync(tags.replaceAll(',', '\t')));
  for (const [i, [metadata, table]] of [
    ['m.csv', 't.tsv.gz'],
    ['m.tsv.gz', 't.csv'],
    ['m.jsonl', 't.csv'],
  ].entries()) {
    const outputFolder = join(folder, `out-${i}`);
    const { summary } = await runSubset(
      optionsOf(folder, {
        metadata: [join(folder, metadata!)],
        tags: [join(folder, table!)],
        maxPunsafe: 0.5,
        missingTags: 'keep',
        selections: [{ name: 'seven', kind: 'above', lower: 7 }],
        outputFolder,
        outputFiles: 1,
      }),
    );
    const rows = await readSubset(outputFolder);
    t.deepEqual(
      rows.map((row) => [row['URL'], row['aesthetic'], row['punsafe']]),
      [
        ['http://h/1', 7.5, null],
        ['http://h/2', null, 0.25],
        ['http://h/3', 8, Math.fround(0.1)],
      ],
    );
    t.deepEqual(summary.subsets[0]?.keptWithoutTag, { aesthetic: 1, punsafe: 1, pwatermark: 0 });
  }
});

test('a text that is no hash or score is refused with file and row, or its file left out', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'm.csv'), 'URL,hash,punsafe\nhttp://h/1,1,0.1\n');
  for (const [name, content, message] of [
    ['comma.csv', 'URL,hash,punsafe\nhttp://h/2,2,"0,5"\n', /comma\.csv, row 1: .*"punsafe" has "0,5"/],
    ['percent.csv', 'URL,hash,punsafe\nhttp://h/2,2,1\nhttp://h/3,3,50%\n', /percent\.csv, row 2: .*"50%"/],
    ['thousands.csv', 'URL,hash,punsafe\nhttp://h/2,2,1_000\n', /"1_000"/],
    ['float.csv', 'URL,hash,punsafe\nhttp://h/2,2.0,0.1\n', /"hash" has "2\.0"/],
    ['word.csv', 'URL,hash,punsafe\nhttp://h/2,NA,0.1\n', /"hash" has "NA"/],
  ] as const) {
    const bad = join(folder, name);
    await writeFile(bad, content);
    const options = {
      metadata: [join(folder, 'm.csv'), bad],
      deduplicate: true,
      maxPunsafe: 0.5,
      outputFolder: join(folder, `out-${name}`),
    };
    await t.throwsAsync(runSubset(optionsOf(folder, options)), { code: 'BB_INPUT_VALUE', message });
    const { summary } = await runSubset(optionsOf(folder, { ...options, skipBadFiles: true }));
    t.deepEqual(
      summary.skippedFiles.map(({ path }) => path),
      [bad],
    );
    t.is(summary.subsets[0]?.kept, 1);
  }
});

test("folders name columns, decoded; a file's own column goes before", async (t) => {
  const folder = await makeFolder(t);
  const write = async (place: string, select: string): Promise<void> => {
    await mkdir(join(folder, 'metadata', place), { recursive: true });
    await duck(`COPY (${select}) TO '${join(folder, 'metadata', place, 'p.parquet')}' (FORMAT parquet)`);
  };
  await write('LANGUAGE=en/day=1', "SELECT 'http://h/1' AS URL");
  await write('LANGUAGE=zh%2FTW/day=2', "SELECT 'http://h/2' AS URL, 'own' AS day");
  await write('LANGUAGE=__HIVE_DEFAULT_PARTITION__/day=3', "SELECT 'http://h/3' AS URL");
  await mkdir(join(folder, 'metadata', "LANGUAGE=o'k", 'sub'), { recursive: true });
  await writeFile(join(folder, 'metadata', "LANGUAGE=o'k", 'sub', 'p.csv'), 'URL\nhttp://h/4\n');
  const out = async (where: string | undefined, name: string): Promise<unknown[][]> => {
    await runSubset(optionsOf(folder, { where, outputFolder: join(folder, name), outputFiles: 1 }));
    const rows = await readSubset(join(folder, name));
    return rows.map((row) => [row['URL'], row['LANGUAGE'], row['day']]).sort();
  };
  t.deepEqual(await out(undefined, 'all'), [
    ['http://h/1', 'en', '1'],
    ['http://h/2', 'zh/TW', 'own'],
    ['http://h/3', null, '3'],
    ['http://h/4', "o'k", null],
  ]);
  t.deepEqual(await out("LANGUAGE = 'zh/TW'", 'one'), [['http://h/2', 'zh/TW', 'own']]);
});
