import { readFile, writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { ownIdentity } from '../../src/base/process-identity.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { type CliResult, LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { makeWorld, sharedWorld, type World } from '../helpers/scored-world.ts';
import { buildShard } from '../helpers/shard-builder.ts';

function scoreArgs(world: World, ...more: string[]): string[] {
  return ['score', world.shard, '--output-folder', world.path('out'), ...LOOPBACK_FLAGS, ...more];
}

const finished = sharedWorld({ rowCount: 20 });
let finishedRun: Promise<CliResult> | undefined;

/** A world with a finished run in `out`, which the tests that ask for it leave as it is. */
async function finishedWorld(t: ExecutionContext): Promise<World> {
  const world = await finished();
  finishedRun ??= runCli(scoreArgs(world, '--min-aesthetic', '4'));
  t.is((await finishedRun).exitCode, 0);
  return world;
}

test.serial(
  'other settings on the same run folder are refused, each difference named, and nothing is touched',
  async (t) => {
    const world = await finishedWorld(t);
    const before = await digestRun(world.path('out'));
    const changed = await runCli(scoreArgs(world, '--max-bytes', '30000', '--transform', 'fast'));
    t.is(changed.exitCode, 2);
    t.regex(changed.stderr, /--max-bytes was 20971520, is 30000/);
    t.regex(changed.stderr, /--transform was "exact", is "fast"/);
    t.regex(changed.stderr, /\[BB_RUN_CHANGED\]/);
    t.deepEqual(await digestRun(world.path('out')), before);
  },
);

test.serial('what only decides the pace may change from one start to the next', async (t) => {
  const world = await finishedWorld(t);
  const pace = ['--thread-count', '3', '--outage-minutes', '3', '--retries', '0'];
  t.is((await runCli(scoreArgs(world, '--min-aesthetic', '4', ...pace))).exitCode, 0);
});

test('what a run says of private addresses can be followed: the flag on the same folder, and the rows are tried', async (t) => {
  const world = await makeWorld(t, { rowCount: 3 });
  const args = [
    'score',
    world.shard,
    '--output-folder',
    world.path('out'),
    '--processes-count',
    '1',
    '--batch-size',
    '2',
  ];
  const refused = await runCli([...args, '--json']);
  t.is(refused.exitCode, 0, refused.stderr);
  t.like(JSON.parse(refused.stdout), { successes: 0, reasons: { address_refused: 3 } });
  t.regex(
    refused.stderr,
    /--allow-private-addresses lets such hosts be asked, and --retry-failed --retry-reasons address_refused/,
  );
  const again = ['--retry-failed', '--retry-reasons', 'address_refused'];
  const allowed = await runCli([...args, '--json', '--allow-private-addresses', ...again]);
  t.is(allowed.exitCode, 0, allowed.stderr);
  t.like(JSON.parse(allowed.stdout), { successes: 3 });
});

test('an input whose content has changed is refused by its name', async (t) => {
  const world = await makeWorld(t, { rowCount: 6 });
  t.is((await runCli(scoreArgs(world))).exitCode, 0);
  await buildShard(world.shard, world.rows.slice(0, 5), { punsafe: 'DOUBLE' });
  const changed = await runCli(scoreArgs(world));
  t.is(changed.exitCode, 2);
  t.regex(changed.stderr, /shard\.parquet has other content/);
});

test('overwrite starts over; extend adds new inputs and leaves the old shards alone', async (t) => {
  const world = await makeWorld(t, { rowCount: 24 });
  const sized = ['--number-sample-per-shard', '10'];
  t.is((await runCli(scoreArgs(world, ...sized))).exitCode, 0);
  t.is(
    (await runCli(scoreArgs(world, ...sized, '--min-aesthetic', '5', '--incremental-mode', 'overwrite')))
      .exitCode,
    0,
  );
  const record = JSON.parse(await readFile(world.path('out', 'run.json'), 'utf8')) as { thresholds: object };
  t.like(record.thresholds, { min_aesthetic: 5 });

  const before = await digestRun(world.path('out'));
  // Sorted by path it comes first; its shards must come last all the same.
  const added = world.path('a-new-shard.parquet');
  await buildShard(added, world.rows.slice(0, 12), { punsafe: 'DOUBLE' });
  const flags = [...sized, '--min-aesthetic', '5'];
  const refused = await runCli(scoreArgs(world, added, ...flags));
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /a-new-shard\.parquet is new/);
  const extended = await runCli(scoreArgs(world, added, ...flags, '--incremental-mode', 'extend'));
  t.is(extended.exitCode, 0, extended.stderr);
  const after = await digestRun(world.path('out'));
  for (const shard of ['00000', '00001', '00002']) {
    t.is(after[`tags/${shard}.parquet`], before[`tags/${shard}.parquet`]);
  }
  const rows = await readParquet(world.path('out', 'tags', '00003.parquet'));
  t.is(rows[0]!['URL'], world.rows[0]!['URL']);
  t.is(rows[0]!['key'], '000030');
});

test.serial(
  'a folder that another run is writing to is refused; a lock whose process is gone is not',
  async (t) => {
    const world = await finishedWorld(t);
    const again = (): Promise<CliResult> => runCli(scoreArgs(world, '--min-aesthetic', '4'));
    const token = '01234567-89ab-4cde-8f01-23456789abcd';
    await writeFile(world.path('out', '.lock'), JSON.stringify({ token, ...ownIdentity() }));
    const locked = await again();
    t.is(locked.exitCode, 2);
    t.regex(locked.stderr, new RegExp(`out is being written by process ${process.pid} `));
    await writeFile(
      world.path('out', '.lock'),
      JSON.stringify({ token, ...ownIdentity(), pid: 2 ** 22 + 1 }),
    );
    t.is((await again()).exitCode, 0);
  },
);

const untouched = sharedWorld({ rowCount: 3 });

const BAD_USAGE: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an unknown flag', ['--min-aesthetics', '7'], /min-aesthetics/],
  ['a number that is none', ['--outage-minutes', 'x'], /--outage-minutes needs a number.*"x"/],
  ['a whole number with a fraction', ['--retries', '1.5'], /--retries needs a whole number/],
  [
    'a number out of range',
    ['--thread-count', '0'],
    /--thread-count needs a whole number, at least 1.*`auto`/,
  ],
  ['a hosts file that is none', ['--hosts', '/dev/null'], /hosts file \/dev\/null cannot be read/],
  ['a choice that does not exist', ['--device', 'tpu'], /device/i],
  ['a flag given twice', ['--retries', '3', '--retries', '4'], /--retries was given more than once/],
  [
    'a threshold on a tag that no row can have',
    ['--max-pwatermark', '0.5'],
    /--max-pwatermark 0.5 would drop every row/,
  ],
  ['an encoder that does not exist', ['--clip-model', 'ViT-Z/99'], /BB_MODEL_UNKNOWN/],
  ['a head that does not exist', ['--aesthetic-head', 'nowhere.pth'], /nowhere\.pth/],
  ['a column that does not exist', ['--url-col', 'links'], /links.*BB_COLUMN_MISSING/s],
];

for (const [what, flags, expected] of BAD_USAGE) {
  test(`${what} is refused with exit code 2 before anything is downloaded`, async (t) => {
    const world = await untouched();
    const result = await runCli(scoreArgs(world, ...flags));
    t.is(result.exitCode, 2, result.stderr);
    t.regex(result.stderr, expected);
    t.is(world.host.requests.size, 0);
    t.notRegex(result.stderr, /\n\s+at /);
  });
}

test('an input that does not exist is named', async (t) => {
  const folder = await makeFolder(t);
  const result = await runCli(['score', `${folder}/none-*.parquet`, '--output-folder', `${folder}/out`]);
  t.is(result.exitCode, 2);
  t.regex(result.stderr, /none-\*\.parquet/);
  t.regex(result.stderr, /BB_INPUT_NOT_FOUND/);
});

test('flags may be spelt as img2dataset spells them, and come from a file', async (t) => {
  const world = await makeWorld(t, { rowCount: 12 });
  const config = world.path('config.json');
  await writeFile(config, JSON.stringify({ number_sample_per_shard: 5, minAesthetic: 3, 'thread-count': 4 }));
  const result = await runCli([
    'score',
    `--url_list=${world.shard}`,
    '--output_folder',
    world.path('out'),
    '--config',
    config,
    '--allowPrivateAddresses',
    '--batch_size',
    '4',
    '--min_aesthetic',
    '2',
    '--json',
  ]);
  t.is(result.exitCode, 0, result.stderr);
  const record = JSON.parse(await readFile(world.path('out', 'run.json'), 'utf8')) as Record<string, object>;
  t.like(record['settings'], { number_sample_per_shard: 5, batch_size: 4 });
  t.like(record['thresholds'], { min_aesthetic: 2 });
});
