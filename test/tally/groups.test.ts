import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';
import { buildShard, type ShardRow } from '../helpers/shard-builder.ts';
import { sequence } from './scored-rows.ts';

interface GroupJson {
  readonly value: string | null;
  readonly rows: number;
  readonly scored: number;
  readonly mean_aesthetic: number | null;
  readonly mean_punsafe: number | null;
  readonly above: Readonly<Record<string, number>>;
}

async function groupsOf(t: ExecutionContext, path: string, ...flags: string[]): Promise<GroupJson[]> {
  const result = await runCli(['buckets', path, '--json', ...flags]);
  t.is(result.exitCode, 0, result.stderr);
  const statistics = JSON.parse(result.stdout) as { by: { top: GroupJson[] } };
  t.deepEqual(valueProblems('bucket-statistics.schema.json', statistics), []);
  return statistics.by.top;
}

/** URLs and their domains as LAION's script has them: NFKC, Python's urlparse, lower case, one `www.` gone. */
const DOMAINS: readonly (readonly [string | null, string | null])[] = [
  ['http://www.Example.COM/a.jpg', 'example.com'],
  ['https://example.com', 'example.com'],
  ['https://Example.com?x=/y', 'example.com'],
  ['https://example.com#www.', 'example.com'],
  ['HTTP://example.com:8080/a', 'example.com:8080'],
  ['http://user:Pass@www.example.com/', 'user:pass@www.example.com'],
  ['http://www.www.example.com/', 'www.example.com'],
  ['http://wwwx.example.com/', 'wwwx.example.com'],
  ['//cdn.example.com/a.jpg', 'cdn.example.com'],
  ['http://ＷＷＷ．ｅｘａｍｐｌｅ．ｃｏｍ/a', 'example.com'],
  ['http://münchen.de/ä', 'münchen.de'],
  ['http://MÜNCHEN.de/', 'münchen.de'],
  ['http://ﬁ.example/', 'fi.example'],
  ['data:image/png;base64,//AA', ''],
  ['example.com/a.jpg', ''],
  ['/a//b', ''],
  ['http:/example.com/', ''],
  ['', ''],
  [null, null],
];

test("domains are LAION's, and rows without a URL are a group of their own", async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'tags.parquet');
  await buildShard(
    path,
    DOMAINS.map(([URL], i) => ({ URL, prediction: i + 0.5 })),
    { URL: 'VARCHAR', prediction: 'FLOAT' },
  );
  const groups = await groupsOf(t, path, '--by', 'domain', '--top', '100');
  const expected = new Map<string | null, number>();
  for (const [, domain] of DOMAINS) expected.set(domain, (expected.get(domain) ?? 0) + 1);
  const sorted = (counts: Iterable<readonly [string | null, number]>): string[] =>
    [...counts].map(([domain, rows]) => `${rows} x ${domain}`).sort();
  t.deepEqual(sorted(groups.map(({ value, rows }) => [value, rows])), sorted(expected));
  t.is(
    groups.reduce((sum, { rows }) => sum + rows, 0),
    DOMAINS.length,
  );
});

test('groups have the counts, means and shares of their rows, in the order asked for', async (t) => {
  const next = sequence(31);
  const rows: ShardRow[] = Array.from({ length: 1200 }, () => ({
    LANGUAGE: [null, 'en', 'fr', 'ja', ''][Math.floor(next() ** 2 * 5)]!,
    aesthetic: next() < 0.1 ? null : Math.fround(3 + 6 * next()),
    punsafe: next() < 0.2 ? null : next() < 0.05 ? Number.NaN : Math.fround(next()),
  }));
  const path = join(await makeFolder(t), 'tags.parquet');
  await buildShard(path, rows, { LANGUAGE: 'VARCHAR', aesthetic: 'FLOAT', punsafe: 'FLOAT' });
  const groups = await groupsOf(t, path, '--by', 'language');
  t.is(groups.length, 5);
  for (const group of groups) {
    const own = rows.filter((row) => row['LANGUAGE'] === group.value);
    const scores = own.flatMap((row) => (row['aesthetic'] === null ? [] : [row['aesthetic'] as number]));
    const unsafe = own.flatMap((row) =>
      row['punsafe'] === null || Number.isNaN(row['punsafe']) ? [] : [row['punsafe'] as number],
    );
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    t.deepEqual([group.rows, group.scored], [own.length, scores.length]);
    t.true(Math.abs(group.mean_aesthetic! - mean(scores)) < 1e-9);
    t.true(Math.abs(group.mean_punsafe! - mean(unsafe)) < 1e-9);
    for (const k of [5, 6, 7, 8]) t.is(group.above[k], scores.filter((score) => score > k).length);
  }
  const descending = (values: number[]): boolean =>
    values.every((value, i) => i === 0 || values[i - 1]! >= value);
  t.true(descending(groups.map(({ rows: count }) => count)));
  t.true(
    descending(
      (await groupsOf(t, path, '--by', 'LANGUAGE', '--sort', 'punsafe')).map((group) => group.mean_punsafe!),
    ),
  );
  t.true(
    descending(
      (await groupsOf(t, path, '--by', 'LANGUAGE', '--sort', 'aesthetic')).map(
        (group) => group.mean_aesthetic!,
      ),
    ),
  );
  const [first] = await groupsOf(t, path, '--by', 'LANGUAGE', '--top', '1');
  t.deepEqual(first, groups[0]);
});

test('text of the data reaches the terminal without control characters', async (t) => {
  const path = join(await makeFolder(t), 'tags.parquet');
  await buildShard(path, [{ LANGUAGE: 'e\u001b[31mn\nx', aesthetic: 5.5 }]);
  const { stdout } = await runCli(['buckets', path, '--by', 'LANGUAGE']);
  t.regex(stdout, /\ne\uFFFD\[31mn\uFFFDx +1 /);
  t.false(stdout.includes('\u001b'));
});
