import { mkdir, readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { digestObjects } from '../helpers/digest-objects.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli, startCli } from '../helpers/run-cli.ts';
import { type S3Request, startS3Server } from '../helpers/s3-server.ts';
import { buildShard } from '../helpers/shard-builder.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '4' });
test.after.always(() => server.stop());

/** Tables of rows with hashes and scores, in two files. */
async function tables(t: ExecutionContext): Promise<(...parts: string[]) => string> {
  const folder = await makeFolder(t);
  const path = (...parts: string[]): string => [folder, ...parts].join('/');
  await mkdir(path('tables'));
  for (let file = 0; file < 2; file++) {
    const rows = Array.from({ length: 300 }, (_, i) => ({
      URL: `http://h${i % 5}.example/${file}-${i}.jpg`,
      hash: BigInt.asIntN(64, BigInt(i % 9 === 0 ? i : 1000 * file + i) * 0x9e3779b97f4a7c15n),
      aesthetic: ((i * 7 + file) % 100) / 10,
    }));
    await buildShard(path('tables', `${file}.parquet`), rows, { hash: 'BIGINT', aesthetic: 'FLOAT' });
  }
  return path;
}

async function succeed(t: ExecutionContext, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCli(args);
  t.is(exitCode, 0, stderr);
  return stdout;
}

/** Digests without the record, which repeats the command line. */
function withoutRecord({ 'subset.json': record, ...files }: Record<string, string>): Record<string, string> {
  if (record === undefined) throw new Error('there is no subset.json');
  return files;
}

function isWrite({ operation }: S3Request): boolean {
  return ['PutObject', 'CopyObject', 'DeleteObject', 'CompleteMultipartUpload'].includes(operation);
}

test('a subset in object storage has the bytes of one in a folder, is never written over unasked, and is replaced in one step', async (t) => {
  const path = await tables(t);
  const subset = ['subset', path('tables'), '--cut', '5,7'];
  await succeed(t, ...subset, '--output-folder', path('local'));
  const said = await succeed(t, ...subset, '--output-folder', 's3://bucket/sub/best/');
  t.regex(said, /s3:\/\/bucket\/sub\/best\/aesthetic_7/);
  t.notRegex(said, /bowerbird-output/);
  t.deepEqual(
    withoutRecord(digestObjects(server, 's3://bucket/sub/best')),
    withoutRecord(await digestRun(path('local'))),
  );

  const from = server.log.length;
  const again = await runCli([...subset, '--output-folder', 's3://bucket/sub/best']);
  t.is(again.exitCode, 2);
  t.regex(again.stderr, /s3:\/\/bucket\/sub\/best exists already[\s\S]*\[BB_SUBSET_EXISTS\]/);
  const above = await runCli([...subset, '--output-folder', 's3://bucket/sub']);
  t.regex(above.stderr, /It is no subset[\s\S]*\[BB_SUBSET_EXISTS\]/);
  t.false(server.log.slice(from).some((request) => isWrite(request) && request.key.startsWith('sub/')));

  const other = ['subset', path('tables'), '--min-aesthetic', '8'];
  await succeed(t, ...other, '--output-folder', path('other'));
  await succeed(
    t,
    ...[...other, '--output-folder', 's3://bucket/sub/best', '--incremental-mode', 'overwrite'],
  );
  t.deepEqual(
    withoutRecord(digestObjects(server, 's3://bucket/sub/best')),
    withoutRecord(await digestRun(path('other'))),
  );
  const counted = ['buckets', 's3://bucket/sub/best', '--json'];
  t.is(
    JSON.parse(await succeed(t, ...counted)).rows,
    JSON.parse(await succeed(t, 'buckets', path('other'), '--json')).rows,
  );
});

test('a subset whose writer is killed is no subset until the same command has brought it to its end', async (t) => {
  const path = await tables(t);
  const subset = ['subset', path('tables'), '--min-aesthetic', '5', '--output-files', '3'];
  await succeed(t, ...subset, '--output-folder', path('local'));
  const whole = withoutRecord(await digestRun(path('local')));
  const moments: readonly (readonly [string, (request: S3Request) => boolean])[] = [
    ['BB_INPUT_NOT_FOUND', ({ operation, key }) => operation === 'PutObject' && key.includes('/part-')],
    [
      'BB_OUTPUT_UNFINISHED',
      ({ operation, key }) => operation === 'CopyObject' && key.endsWith('/subset.json'),
    ],
  ];
  for (const [place, [code, when]] of moments.entries()) {
    const output = `s3://bucket/killed/${place}`;
    const writer = startCli([...subset, '--output-folder', output], { isDoomed: true });
    server.faults.push({
      fault: { kind: 'closed' },
      times: 1,
      when: (request) => {
        const isMoment = request.key.startsWith(`killed/${place}/`) && when(request);
        if (isMoment) writer.process.kill('SIGKILL');
        return isMoment;
      },
    });
    t.is((await writer.ended).signal, 'SIGKILL');
    const read = await runCli(['buckets', output, '--json']);
    t.is(read.exitCode, 2);
    t.true(read.stderr.includes(code), read.stderr);
    const { exitCode, stderr } = await runCli([...subset, '--output-folder', output]);
    // What was begun is brought to its end, and then it is there already.
    if (code === 'BB_OUTPUT_UNFINISHED') t.regex(stderr, /\[BB_SUBSET_EXISTS\]/);
    else t.is(exitCode, 0, stderr);
    t.deepEqual(withoutRecord(digestObjects(server, output)), whole);
    t.deepEqual(
      server.keys('bucket', `killed/${place}/.output/`).filter((key) => !key.includes('/lock/')),
      [],
    );
  }
});

test('slices in object storage are merged from there to the bytes of one command, and passed over as inputs', async (t) => {
  const path = await tables(t);
  const subset = ['subset', path('tables'), '--min-aesthetic', '5'];
  for (const i of [0, 1])
    await succeed(t, ...subset, '--slice', `${i}/2`, '--output-folder', `s3://bucket/slices/u/${i}`);
  const missing = await runCli([
    ...[...subset, '--merge', 's3://bucket/slices/u/0', '--output-folder', path('none')],
  ]);
  t.regex(missing.stderr, /1 of 2 slices are missing: 1\. [\s\S]*\[BB_SLICES_REFUSED\]/);
  // One that is done again takes the place of the first.
  await succeed(t, ...subset, '--slice', '1/2', '--output-folder', 's3://bucket/slices/u/1');
  await succeed(
    t,
    ...subset,
    '--merge',
    's3://bucket/slices/u/',
    '--output-folder',
    's3://bucket/slices/sub',
  );
  await succeed(t, ...subset, '--output-folder', path('whole'));
  t.deepEqual(
    withoutRecord(digestObjects(server, 's3://bucket/slices/sub')),
    withoutRecord(await digestRun(path('whole'))),
  );

  const counting = ['buckets', path('tables')];
  for (const i of [0, 1])
    await succeed(t, ...counting, '--slice', `${i}/2`, '--output-folder', `s3://bucket/slices/b/${i}`);
  t.is(
    await succeed(t, 'buckets', '--merge', 's3://bucket/slices/b', '--json'),
    await succeed(t, ...counting, '--json'),
  );

  const building = ['store', 'build', '--from', path('tables')];
  for (const i of [0, 1])
    await succeed(t, ...building, '--slice', `${i}/2`, '--output', `s3://bucket/slices/s/${i}`);
  await succeed(t, 'store', 'build', '--merge', 's3://bucket/slices/s', '--output', path('merged'));
  await succeed(t, ...building, '--output', path('built'));
  const checksum = async (store: string): Promise<unknown> =>
    JSON.parse(await succeed(t, 'store', 'info', store, '--json')).checksum;
  t.is(await checksum(path('merged')), await checksum(path('built')));

  server.hold('bucket', 'hashes/0.parquet', await readFile(path('tables', '0.parquet')));
  t.is(
    await succeed(t, 'lookup', path('built'), '--input', 's3://bucket/hashes/0.parquet'),
    await succeed(t, 'lookup', path('built'), '--input', path('tables', '0.parquet')),
  );

  const damaged = server.bytesOf('bucket', 'slices/u/0/chosen.parquet')!;
  server.hold('bucket', 'slices/u/0/chosen.parquet', Buffer.alloc(damaged.length));
  const corrupt = await runCli([
    ...[...subset, '--merge', 's3://bucket/slices/u', '--output-folder', path('corrupt')],
  ]);
  t.regex(
    corrupt.stderr,
    /s3:\/\/bucket\/slices\/u\/0\/chosen\.parquet is damaged[\s\S]*\[BB_SLICE_CORRUPT\]/,
  );

  // Among inputs, slices and the subset that is written are none.
  const beside = [
    'subset',
    's3://bucket/slices',
    '--min-aesthetic',
    '5',
    '--output-folder',
    's3://bucket/slices/sub',
  ];
  const alone = await runCli([...beside, '--incremental-mode', 'overwrite']);
  t.regex(alone.stderr, /\[BB_OUTPUT_FOLDER\]/);
});
