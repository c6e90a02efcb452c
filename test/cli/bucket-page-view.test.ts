import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { JSDOM } from 'jsdom';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';
import { buildShard } from '../helpers/shard-builder.ts';

test('the page of the command has its answer, and the command that makes that subset', async (t) => {
  const folder = await makeFolder(t);
  const rows = [4.5, 6.75, 7.25].map((aesthetic, i) => ({
    URL: `http://a/${i}`,
    aesthetic,
    punsafe: 0.1 * i,
  }));
  const joined = join(folder, 'joined.parquet');
  const tags = join(folder, 'tags.parquet');
  await buildShard(joined, rows, { aesthetic: 'FLOAT', punsafe: 'FLOAT' });
  await buildShard(
    tags,
    rows.map(({ aesthetic, punsafe }, i) => ({ hash: BigInt(i), aesthetic, punsafe })),
    { aesthetic: 'FLOAT', punsafe: 'FLOAT' },
  );
  const cases: [string, string][] = [
    [joined, `--metadata ${joined}`],
    [tags, `--metadata METADATA --tags ${tags}`],
  ];
  for (const [input, source] of cases) {
    const page = join(folder, 'page.html');
    const args = [input, '--min-aesthetic', '6', '--max-punsafe', '0.15', '--html', page, '--json'];
    const result = await runCli(['buckets', ...args]);
    t.is(result.exitCode, 0, result.stderr);
    t.deepEqual(valueProblems('bucket-statistics.schema.json', JSON.parse(result.stdout)), []);
    t.like(JSON.parse(result.stdout), { what_if: { lower: 1, upper: 1 } });
    const { document } = new JSDOM(await readFile(page, 'utf8'), { runScripts: 'dangerously' }).window;
    t.is(document.getElementById('what-if-count')!.textContent, '1');
    t.is(
      document.getElementById('what-if-command')!.textContent!.replaceAll(/\s*\\\n\s*/g, ' '),
      `bowerbird subset ${source} --min-aesthetic 6 --max-punsafe 0.15 --output-folder subset`,
    );
  }
  const refused = await runCli(['buckets', joined, '--html', folder]);
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /--html needs the name of a file/);
});
