import { join } from 'node:path';
import test from 'ava';
import { runSubset } from '../../src/subset/subset.ts';
import { makeFolder, optionsOf, readSubset, writeMetadata } from './world.ts';

const ROWS = [
  { URL: 'http://a/1.jpg', TEXT: "it's", WIDTH: 600, hash: 1n },
  { URL: 'http://a/2.jpg', TEXT: null, WIDTH: null, hash: 2n },
  { URL: 'http://b/3.jpg', TEXT: '12', WIDTH: 500, hash: 3n },
];

test('a condition may use any metadata column in SQL; a null result drops the row', async (t) => {
  const folder = await makeFolder(t);
  await writeMetadata(folder, [ROWS]);
  const cases: [string, number[]][] = [
    ['WIDTH >= 512', [1]],
    ['width < 512 OR "TEXT" IS NULL', [2, 3]],
    ["URL LIKE 'http://a/%' -- a comment", [1, 2]],
    ["TEXT = 'it''s'", [1]],
    ['length(TEXT) = 2 AND hash BETWEEN 2 AND 3', [3]],
    ['true', [1, 2, 3]],
    ['NULL::BOOLEAN', []],
  ];
  for (const [i, [where, expected]] of cases.entries()) {
    const outputFolder = join(folder, `out-${i}`);
    const { summary } = await runSubset(optionsOf(folder, { where, outputFolder }));
    const hashes = (await readSubset(outputFolder)).map((row) => Number(row['hash']));
    t.deepEqual(hashes, expected, where);
    t.is(summary.subsets[0]!.droppedBy.where, 3 - expected.length, where);
  }
});

test('what is no condition on a row is refused with the expression, before any work', async (t) => {
  const folder = await makeFolder(t);
  await writeMetadata(folder, [ROWS]);
  const cases: [string, RegExp][] = [
    ['WIDTH >=', /syntax error/],
    ['1) , (2', /more than one expression/],
    ["true) FROM read_csv('/etc/passwd') WHERE (true", /more than one expression/],
    ['true; DROP TABLE kept', /syntax error/],
    ['hash IN (SELECT 1)', /a subquery/],
    ["EXISTS (FROM read_text('/etc/passwd'))", /a subquery/],
    ['sum(WIDTH) OVER () > 1', /a window function/],
    ['COLUMNS(*) > 1', /a star/],
    ['WIDTH > $1', /a parameter/],
    ['count(*) > 1', /aggregate/i],
    ['random() < 0.5', /another result each time/],
    ['HEIGHT > 1', /no column "HEIGHT"\. They have: URL, TEXT, WIDTH, hash/],
    ['WIDTH', /gives INTEGER/],
    ['nonesuch(WIDTH) > 1', /nonesuch/],
  ];
  for (const [where, message] of cases) {
    const error = await t.throwsAsync(
      runSubset(optionsOf(folder, { where })),
      { code: 'BB_SUBSET_WHERE' },
      where,
    );
    t.regex(error!.message, message, where);
    t.true(error!.message.includes(where));
  }
});

test('a value that the expression cannot take is told with the expression', async (t) => {
  const folder = await makeFolder(t);
  await writeMetadata(folder, [ROWS]);
  await t.throwsAsync(runSubset(optionsOf(folder, { where: 'TEXT::INTEGER > 3' })), {
    code: 'BB_SUBSET_WHERE',
    message: /TEXT::INTEGER > 3/,
  });
});
