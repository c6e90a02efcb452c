import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { JSDOM } from 'jsdom';
import { bucketLabel, bucketOf } from '../../src/scores/bucket-names.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { makeWorld, type World } from '../helpers/scored-world.ts';
import { buildShard } from '../helpers/shard-builder.ts';

/** A row of the tags as another reader has it. */
type Tags = Readonly<Record<string, unknown>>;

/** What a run was told, as far as its sentences depend on it. */
interface Rules {
  readonly minAesthetic?: number;
  readonly maxPunsafe?: number;
  readonly keepsMissing?: boolean;
}

type Recount = (tags: readonly Tags[], rules: Rules, match: RegExpExecArray) => readonly unknown[];

const count = (tags: readonly Tags[], test: (row: Tags) => boolean): number => tags.filter(test).length;
const isSuccess = (row: Tags): boolean => row['status'] === 'success';
const isScored = (row: Tags): boolean => isSuccess(row) && row['aesthetic'] !== null;
const isKept = (row: Tags): boolean => row['kept'] === true;
const lacks = (row: Tags, tag: string): boolean => row[tag] === null;

/** Every line that a result may have, and its numbers (the groups of the pattern) counted again from the tags. */
const CLAIMS: readonly (readonly [RegExp, Recount])[] = [
  [/^Scores by builtin \(photographic measures, not CLIP\)$/, () => []],
  [/^Scores by the head head\.json, from stored embeddings \(.+\)$/, () => []],
  [/^No image has a score\.$/, (tags) => (count(tags, isScored) === 0 ? [] : ['a score'])],
  [/^score +images +share +mean$/, () => []],
  [
    /^(<0|\d-\d+|>=10) +(\d+) +([\d.]+)% +(?:([\d.]+)|-)(?: +█*)?$/,
    (tags, _, [, label]) => {
      const scored = tags.filter(isScored).map((row) => Number(row['aesthetic']));
      const inside = scored.filter((score) => bucketLabel(bucketOf(score)) === label);
      const mean = inside.reduce((sum, score) => sum + score, 0) / inside.length;
      const share = (100 * inside.length) / scored.length;
      return [label, inside.length, share.toFixed(1), inside.length === 0 ? undefined : mean.toFixed(3)];
    },
  ],
  [/^rows +(\d+)$/, (tags) => [tags.length]],
  [
    /^ {2}failed to download +(\d+)$/,
    (tags) => [count(tags, (row) => row['status'] === 'failed_to_download')],
  ],
  [/^ {2}failed to decode +(\d+)$/, (tags) => [count(tags, (row) => row['status'] === 'failed_to_resize')]],
  [/^scored +(\d+)$/, (tags) => [count(tags, isScored)]],
  [
    /^ {2}dropped: aesthetic score ([\d.]+) or less +(\d+)$/,
    (tags, { minAesthetic }) => [
      minAesthetic,
      count(tags, (row) => isScored(row) && Number(row['aesthetic']) <= minAesthetic!),
    ],
  ],
  [
    /^ {2}dropped: no punsafe +(\d+)$/,
    (tags, { minAesthetic }) => [
      count(
        tags,
        (row) => isSuccess(row) && lacks(row, 'punsafe') && Number(row['aesthetic']) > (minAesthetic ?? -1e9),
      ),
    ],
  ],
  [
    /^ {2}dropped: punsafe ([\d.]+) or more +(\d+)$/,
    (tags, { minAesthetic, maxPunsafe }) => [
      maxPunsafe,
      count(
        tags,
        (row) =>
          isSuccess(row) &&
          !lacks(row, 'punsafe') &&
          Number(row['punsafe']) >= maxPunsafe! &&
          Number(row['aesthetic']) > (minAesthetic ?? -1e9),
      ),
    ],
  ],
  [/^kept +(\d+)$/, (tags) => [count(tags, isKept)]],
  [
    /^Reasons of failure: (.+)$/,
    (tags) => {
      const reasons = new Map<unknown, number>();
      for (const { reason } of tags.filter((row) => !isSuccess(row))) {
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      return [
        [...reasons]
          .sort(([, a], [, b]) => b - a)
          .map(([reason, rows]) => `${reason} ${rows}`)
          .join(', '),
      ];
    },
  ],
  [
    /^Not checked for NSFW: (\d+) of (\d+) kept \(no punsafe in the input, no --nsfw-head\)\.$/,
    (tags, { maxPunsafe }) => [maxPunsafe === undefined ? count(tags, isKept) : 0, count(tags, isKept)],
  ],
  [
    /^Not checked for NSFW: (\d+) of (\d+) kept \(without punsafe, --missing-tags keep\)\.$/,
    (tags, { keepsMissing }) => [
      keepsMissing ? count(tags, (row) => isKept(row) && lacks(row, 'punsafe')) : 0,
      count(tags, isKept),
    ],
  ],
  [
    /^Not checked for watermarks: (\d+) of (\d+) kept \(no pwatermark in the input, no --watermark-model\)\.$/,
    (tags) => [count(tags, isKept), count(tags, isKept)],
  ],
  [
    /^Not checked for watermarks: (\d+) of (\d+) kept \(without pwatermark, --missing-tags keep\)\.$/,
    (tags) => [count(tags, (row) => isKept(row) && lacks(row, 'pwatermark')), count(tags, isKept)],
  ],
  [
    /^The head's score of each bucket's mean embedding is the bucket's mean score, to ([\d.e+-]+)\.$/,
    (_tags, _rules, [, difference]) => [Number(difference) <= 1e-5 ? difference : '1e-5 at most'],
  ],
  [/^Columns of the input:$/, () => []],
  [
    /^ {2}(?:url|caption|hash|aesthetic|punsafe|pwatermark|embedding) +(.+)$/,
    (tags, _, [, said]) => {
      const empty = /"(.+)" holds nothing but null/.exec(said!)?.[1];
      if (empty !== undefined) return [tags.every((row) => lacks(row, empty)) ? said : `${empty} has values`];
      const names = said!.startsWith('computed from ')
        ? said!.slice(14).split(' and ')
        : [said!.split(';')[0]!];
      return [names.every((name) => name in tags[0]!) ? said : `there is no ${names.join()}`];
    },
  ],
  [/^Report: .+report\.html$/, () => []],
];

async function readTags(run: string): Promise<Tags[]> {
  const files = (await readdir(join(run, 'tags'))).sort();
  return (await Promise.all(files.map((file) => readParquet(join(run, 'tags', file))))).flat();
}

/** Holds every line of a result against the tags. A line that no pattern knows fails: it would be unchecked. */
function checkResult(t: ExecutionContext, stdout: string, tags: readonly Tags[], rules: Rules): void {
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    const found = CLAIMS.flatMap(([pattern, recount]) => {
      const match = pattern.exec(line);
      return match ? [{ match, recount }] : [];
    });
    t.is(found.length, 1, `Nothing checks this line: ${line}`);
    for (const { match, recount } of found) {
      const expected = recount(tags, rules, match).map((value) => value && String(value));
      t.deepEqual(
        match.slice(1),
        expected.map((value, i) => (value === 0 ? '0' : (value ?? match[i + 1]))),
        line,
      );
    }
  }
  const kept = count(tags, isKept);
  const sawAll = rules.maxPunsafe !== undefined && !rules.keepsMissing;
  t.is(/Not checked for NSFW/.test(stdout), kept > 0 && !sawAll);
}

/** Numbers of the page, counted again from the tags. */
async function checkPage(
  t: ExecutionContext,
  run: string,
  tags: readonly Tags[],
  rules: Rules,
): Promise<void> {
  const { document } = new JSDOM(await readFile(join(run, 'report.html'), 'utf8')).window;
  checkFigures(t, document, tags);
  checkTables(t, document, tags);
  checkFilter(t, document, tags, rules);
  const pictures = [...document.querySelectorAll('#samples h3 small')].map((small) => small.textContent);
  for (const [i, strip] of [...document.querySelectorAll('#samples .strip')].entries()) {
    t.is(Number(pictures[i]!.split(' of ')[0]), strip.children.length);
  }
}

const numberOf = (text: string): number => Number(text.replace('\u2212', '-'));

/** The rows of a table of the page: what each is called, and its first number. */
function rowsOf(document: Document, table: string): [string, number][] {
  return [...document.querySelectorAll(`table.${table} tbody tr`)].map((row) => [
    row.querySelector('th')!.textContent,
    numberOf(row.querySelector('td:not(.wide-bar)')!.textContent),
  ]);
}

function checkFigures(t: ExecutionContext, document: Document, tags: readonly Tags[]): void {
  const figures = Object.fromEntries(
    [...document.querySelectorAll('.figure')].map((figure) => [
      figure.querySelector('dt')!.textContent,
      numberOf(figure.querySelector('dd')!.firstChild!.textContent ?? ''),
    ]),
  );
  t.deepEqual(figures, {
    'Rows in': tags.length,
    Scored: count(tags, isScored),
    Kept: count(tags, isKept),
    Failed: tags.length - count(tags, isSuccess),
  });
}

function checkTables(t: ExecutionContext, document: Document, tags: readonly Tags[]): void {
  for (const [label, images] of rowsOf(document, 'buckets')) {
    const inside = (row: Tags): boolean => bucketLabel(bucketOf(Number(row['aesthetic']))) === label;
    t.is(count(tags.filter(isScored), inside), images, label);
  }
  for (const [text, rows] of rowsOf(document, 'reasons')) {
    t.is(
      count(tags, (row) => text.startsWith(`${String(row['reason'])} `)),
      rows,
      text,
    );
  }
  const funnel = new Map(rowsOf(document, 'funnel'));
  t.is(
    Math.abs(funnel.get('failed to download') ?? 0),
    count(tags, (row) => row['status'] === 'failed_to_download'),
  );
  t.is(
    Math.abs(funnel.get('failed to decode') ?? 0),
    count(tags, (row) => row['status'] === 'failed_to_resize'),
  );
  t.is(
    Math.abs(funnel.get('no punsafe') ?? 0),
    count(tags, (row) => row['dropped_by'] === 'punsafe_missing'),
  );
}

/** What is said of the rules, and of rows that they do not look at. */
function checkFilter(t: ExecutionContext, document: Document, tags: readonly Tags[], rules: Rules): void {
  const textOf = (selector: string): string =>
    [...document.querySelectorAll(selector)].map((element) => element.textContent).join('\n');
  t.is(
    rowsOf(document, 'funnel').some(([name]) => /punsafe/.test(name)),
    rules.maxPunsafe !== undefined,
  );
  const missing = /Rows without a tag \((they \w+ its rule), .*punsafe (\d+) of (\d+)/.exec(
    textOf('#filter .note'),
  );
  const withoutTag = count(tags, (row) => isSuccess(row) && lacks(row, 'punsafe'));
  t.deepEqual(
    missing?.slice(1),
    rules.maxPunsafe === undefined || withoutTag === 0
      ? undefined
      : [
          rules.keepsMissing ? 'they pass its rule' : 'they fail its rule',
          String(withoutTag),
          String(count(tags, isSuccess)),
        ],
  );
  t.is(/No thresholds were set/.test(textOf('#filter')), !rules.minAesthetic && !rules.maxPunsafe);
}

/** Runs the command, and holds what it says against what it wrote. */
async function check(
  t: ExecutionContext,
  out: string,
  args: readonly string[],
  rules: Rules,
): Promise<{ readonly tags: readonly Tags[]; readonly stderr: string }> {
  const { exitCode, stdout, stderr } = await runCli(['score', ...args, '--output-folder', out]);
  t.is(exitCode, 0, stderr);
  const tags = await readTags(out);
  checkResult(t, stdout, tags, rules);
  await checkPage(t, out, tags, rules);
  const [, failed] = /failed (\d+)(?!.*failed \d)/s.exec(stderr)!;
  t.is(Number(failed), tags.length - count(tags, isSuccess), 'the last line of progress');
  return { tags, stderr };
}

/** The table of `buckets`, what its page opens on, and what `subset` says of the same thresholds. */
async function checkBucketPage(
  t: ExecutionContext,
  run: string,
  tags: readonly Tags[],
  { minAesthetic, maxPunsafe }: Rules,
): Promise<void> {
  const page = join(run, 'buckets.html');
  const { stdout, stderr, exitCode } = await runCli(['buckets', run, '--html', page]);
  t.is(exitCode, 0, stderr);
  for (const [, label, images] of stdout.matchAll(/^(<0|\d-\d+|>=10) +(\d+) /gm)) {
    const inside = (row: Tags): boolean => bucketLabel(bucketOf(Number(row['aesthetic']))) === label;
    t.is(count(tags.filter(isScored), inside), Number(images), label);
  }
  t.regex(stdout, new RegExp(`^rows +${tags.length}$`, 'm'));
  t.notRegex(stdout, /without a score|score is NaN/);
  const { document } = new JSDOM(await readFile(page, 'utf8'), { runScripts: 'dangerously' }).window;
  const settingOf = (id: string): string => (document.getElementById(id) as HTMLInputElement).value;
  t.is(settingOf('min-aesthetic'), String(minAesthetic));
  t.is(settingOf('max-punsafe'), String(maxPunsafe));
  t.is(document.getElementById('what-if-count')!.textContent, String(count(tags, isKept)));
  const best = join(run, 'best');
  const subset = await runCli([
    ...['subset', '--metadata', run, '--min-aesthetic', String(minAesthetic), '--output-folder', best],
  ]);
  t.is(subset.exitCode, 0, subset.stderr);
  const above = count(tags, (row) => isScored(row) && Number(row['aesthetic']) > minAesthetic!);
  t.regex(subset.stdout, new RegExp(`^ {2}kept +${above} in`, 'm'));
  t.regex(
    subset.stdout,
    new RegExp(`Not checked for NSFW: ${above} of ${above} kept \\(no --max-punsafe\\)`),
  );
}

/** A shard of some of the world's rows, without the column punsafe where that is asked. */
async function shardOf(
  world: World,
  name: string,
  rows: readonly number[],
  hasPunsafe = true,
): Promise<string> {
  const path = world.path(name);
  const chosen = rows.map((row) => {
    const { punsafe, ...rest } = world.rows[row]!;
    return hasPunsafe ? { ...rest, punsafe: punsafe ?? null } : rest;
  });
  await buildShard(path, chosen, hasPunsafe ? { punsafe: 'DOUBLE' } : {});
  return path;
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test('a run with rules, extended, and retried: each time all that is said is what the tags hold', async (t) => {
  const world = await makeWorld(t, { rowCount: 40 });
  await rename(await shardOf(world, 'a.parquet', numbers(0, 24)), world.path('1.parquet'));
  const out = world.path('out');
  const rules = { minAesthetic: 3, maxPunsafe: 0.5 };
  const flags = [
    '--min-aesthetic',
    '3',
    '--number-sample-per-shard',
    '8',
    '--save-embeddings',
    ...LOOPBACK_FLAGS,
  ];
  const first = await check(t, out, [world.path('1.parquet'), ...flags], rules);
  t.true(count(first.tags, (row) => !isSuccess(row)) > 2);
  t.true(count(first.tags, (row) => row['dropped_by'] === 'punsafe_missing') > 0);

  // The same again does nothing, and says the same: what failed earlier has failed.
  await check(t, out, [world.path('1.parquet'), ...flags], rules);

  await rename(await shardOf(world, 'b.parquet', numbers(24, 40)), world.path('2.parquet'));
  const both = [world.path('1.parquet'), world.path('2.parquet'), ...flags];
  const extended = await check(t, out, [...both, '--incremental-mode', 'extend'], rules);
  t.is(extended.tags.length, 40);

  for (let row = 0; row < 40; row++)
    world.host.resources.set(`/${row}.jpg`, world.host.resources.get('/0.jpg')!);
  const retried = await check(t, out, [...both, '--retry-failed', '--retry-reasons', 'all'], rules);
  t.is(
    count(retried.tags, (row) => !isSuccess(row)),
    0,
  );

  await checkBucketPage(t, out, retried.tags, rules);

  // The embeddings of the run, scored again without an image.
  const rescored = world.path('rescored');
  const { stdout, exitCode, stderr } = await runCli([
    ...[
      'score',
      out,
      '--input-format',
      'embeddings',
      '--aesthetic-head',
      'builtin',
      '--missing-tags',
      'keep',
    ],
    ...['--output-folder', rescored],
  ]);
  t.is(exitCode, 0, stderr);
  checkResult(t, stdout, await readTags(rescored), { maxPunsafe: 0.5, keepsMissing: true });
});

test('a run that keeps rows without tags says how many it did not check', async (t) => {
  const world = await makeWorld(t, { rowCount: 28 });
  const flags = ['--missing-tags', 'keep', ...LOOPBACK_FLAGS];
  const rules = { maxPunsafe: 0.5, keepsMissing: true };
  const { tags } = await check(t, world.path('out'), [world.shard, ...flags], rules);
  t.true(count(tags, (row) => isKept(row) && lacks(row, 'punsafe')) > 0);
});

test('runs without rules, without failures and without successes claim nothing else', async (t) => {
  const world = await makeWorld(t, { rowCount: 24 });
  const all = await shardOf(world, 'all.parquet', numbers(0, 24), false);
  await check(t, world.path('no-rules'), [all, ...LOOPBACK_FLAGS], {});
  const good = numbers(0, 24).filter((row) => row % 9 !== 4 && row % 11 !== 5);
  const { tags } = await check(
    t,
    world.path('no-failures'),
    [await shardOf(world, 'good.parquet', good, false), ...LOOPBACK_FLAGS],
    {},
  );
  t.true(tags.every(isSuccess));
  world.host.resources.clear();
  const none = await check(t, world.path('no-successes'), [all, '--min-aesthetic', '5', ...LOOPBACK_FLAGS], {
    minAesthetic: 5,
  });
  t.is(count(none.tags, isSuccess), 0);
});
