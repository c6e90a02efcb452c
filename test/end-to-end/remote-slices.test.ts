import { mkdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { startS3Server } from '../helpers/s3-server.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { buildShard } from '../helpers/shard-builder.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '4' });
test.after.always(() => server.stop());

test('tables in object storage are counted, stored and judged in slices, each file of a count read by one slice alone', async (t) => {
  const { path } = await makeWorld(t, { rowCount: 1 });
  await mkdir(path('tables'));
  for (let file = 0; file < 4; file++) {
    const rows = Array.from({ length: 200 }, (_, i) => ({
      URL: `http://h${i % 5}.example/${file}-${i}.jpg`,
      hash: BigInt.asIntN(64, BigInt(i % 9 === 0 ? i : 1000 * file + i) * 0x9e3779b97f4a7c15n),
      aesthetic: ((i * 7 + file) % 100) / 10,
    }));
    const name = `${file}.parquet`;
    await buildShard(path('tables', name), rows, { hash: 'BIGINT', aesthetic: 'FLOAT' });
    server.hold('bucket', `t/${name}`, await readFile(path('tables', name)));
  }
  const succeed = async (args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await runCli(args);
    t.is(exitCode, 0, stderr);
    return stdout;
  };
  const counting = ['buckets', 's3://bucket/t'];
  server.forgetCounts();
  const from = server.log.length;
  await succeed([...counting, '--slice', '0/2', '--output-folder', path('b', '0')]);
  const read = server.log.slice(from).filter(({ operation }) => operation === 'GetObject');
  t.deepEqual([...new Set(read.map(({ key }) => key))].filter((key) => key.startsWith('t/')).sort(), [
    't/0.parquet',
    't/2.parquet',
  ]);
  await succeed([...counting, '--slice', '1/2', '--output-folder', path('b', '1')]);
  t.is(await succeed(['buckets', '--merge', path('b'), '--json']), await succeed([...counting, '--json']));

  const building = ['store', 'build', '--from', 's3://bucket/t'];
  for (const i of [0, 1]) await succeed([...building, '--slice', `${i}/2`, '--output', path('s', `${i}`)]);
  await succeed(['store', 'build', '--merge', path('s'), '--output', path('merged')]);
  await succeed([...building, '--output', path('whole')]);
  const checksums = await Promise.all(
    ['merged', 'whole'].map(async (name) => {
      const meta = JSON.parse(await readFile(path(name, 'v0001', 'meta.json'), 'utf8')) as Record<
        string,
        unknown
      >;
      return [meta['checksum'], meta['sources']];
    }),
  );
  t.deepEqual(checksums[0], checksums[1]);

  // Slices of objects, a merge over the same files on a disk: they are known by what they hold.
  const selecting = ['--min-aesthetic', '5'];
  for (const i of [0, 1])
    await succeed([
      'subset',
      's3://bucket/t',
      ...selecting,
      '--slice',
      `${i}/2`,
      '--output-folder',
      path('u', `${i}`),
    ]);
  await succeed([
    'subset',
    path('tables'),
    ...selecting,
    '--merge',
    path('u'),
    '--output-folder',
    path('sub'),
  ]);
  await succeed(['subset', path('tables'), ...selecting, '--output-folder', path('sub-whole')]);
  const [parts, whole] = await Promise.all([digestRun(path('sub')), digestRun(path('sub-whole'))]);
  t.deepEqual({ ...parts, 'subset.json': '' }, { ...whole, 'subset.json': '' });
});

test('an estimate of a table in object storage reads the rows that it tries', async (t) => {
  const world = await makeWorld(t, { rowCount: 60 });
  server.hold('bucket', 'in/rows.parquet', await readFile(world.shard));
  const { exitCode, stdout, stderr } = await runCli([
    ...[
      'estimate',
      's3://bucket/in/*.parquet',
      '--sample-rows',
      '40',
      '--output-folder',
      's3://bucket/run',
      '--json',
    ],
    ...LOOPBACK_FLAGS,
  ]);
  t.is(exitCode, 0, stderr);
  const { input, sample } = JSON.parse(stdout) as Record<string, Record<string, number>>;
  t.is(input!['rows'], 60);
  t.is(sample!['rows'], 40);
  t.false(server.log.some(({ key }) => key.startsWith('run')));
});
