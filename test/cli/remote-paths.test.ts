import { readdir } from 'node:fs/promises';
import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { commandLine } from '../../src/cli/command.ts';
import {
  refuseRemotePath,
  refuseRemotePaths,
  shownValues,
  withFilePaths,
} from '../../src/cli/remote-paths.ts';
import { runCli } from '../helpers/run-cli.ts';

/** Of a scheme that is not read. */
const ELSEWHERE = 'az://c/data.parquet';
const COMMANDS: readonly (readonly string[])[] = [
  ['score', ELSEWHERE, '--output-folder', 'out'],
  ['score', '--url-list', `a.csv,${ELSEWHERE}`, '--output-folder', 'out'],
  ['score', 'a', '--input-format', 'embeddings', '--extra-head', `x=${ELSEWHERE}`, '--output-folder', 'out'],
  ['score', 'a.csv', '--config', 's3://bucket/config.json'],
  ['subset', ELSEWHERE, '--output-folder', 'out'],
  ['subset', '--metadata', 'a.parquet', '--tags', ELSEWHERE, '--output-folder', 'out'],
  ['buckets', ELSEWHERE],
  ['buckets', 'a.parquet', '--html', 's3://bucket/page.html'],
  ['lookup', 's3://bucket/store', '5'],
  ['lookup', 'store', '--input', ELSEWHERE],
  ['serve', 's3://bucket/store'],
  ['store', 'build', '--from', ELSEWHERE, '--output', 'store'],
  ['store', 'build', '--from', 'a.parquet', '--output', 's3://bucket/store'],
  ['store', 'add', 's3://bucket/store', '--from', 'a.parquet'],
  ['store', 'compact', 's3://bucket/store'],
  ['store', 'info', 's3://bucket/store'],
  ['store', 'verify', 's3://bucket/store'],
  ['store', 'export', 'store', '--output', 's3://bucket/out.parquet'],
  ['demo', '--output-folder', 's3://bucket/out'],
];

for (const args of COMMANDS) {
  test(`a place off this machine is refused before work: ${args.join(' ')}`, async (t) => {
    const { exitCode, stderr, stdout } = await runCli(args);
    t.is(exitCode, 2, stderr);
    t.regex(stderr, /(s3:\/\/bucket|az:\/\/c)\S* is no path of this machine.*(aws s3 cp|azcopy)/);
    // Whatever is wrong with --config, yargs takes for bad usage.
    t.regex(stderr, args.includes('--config') ? /\[BB_USAGE\]/ : /\[BB_REMOTE_PATH\]/);
    t.is(stdout, '');
    t.false((await readdir('.')).includes('s3:'));
  });
}

test('each scheme gets the advice that fits', (t) => {
  const cases = [
    ['gs://b/x', /gcloud storage cp -r gs:\/\/b\/x/],
    ['hf://datasets/a/b', /hf download --repo-type dataset NAME/],
    ['hf://a/b', /hf download NAME/],
    ['x=s3://a/b', /aws s3 cp --recursive s3:/],
    ['https://example.com/a.parquet', /curl -O https:/],
    ['abfss://c@a/x', /azcopy/],
    ['webdav://h/x', /Copy the files here first or mount/],
    ['file:///data/x', /Give the path alone: \/data\/x\./],
  ] as const;
  for (const [path, message] of cases) {
    t.throws(() => refuseRemotePath(path), { code: 'BB_REMOTE_PATH', message });
  }
});

test('what is no address of a queue is told as that, not as a path', async (t) => {
  for (const command of ['work', 'coordinate', 'status']) {
    const { exitCode, stderr } = await runCli([command, 'out', '--queue', 'http://head:6379']);
    t.is(exitCode, 2);
    t.regex(stderr, /--queue takes an address such as redis:.*not "http:\/\/head:6379"/);
  }
});

test('URLs and texts are none of the paths, and a colon makes no scheme', (t) => {
  t.notThrows(() =>
    refuseRemotePaths({
      url: 'https://a/b.jpg',
      text: 's3://x',
      hashes: ['http://x'],
      where: "url = 'https://a'",
      'cors-origin': ['https://example.org'],
      'user-agent-contact': 'https://example.org/crawl',
      endpoint: 'https://feeds.example.org',
      source: 'https://example.org/feed.json',
      inputs: ['a:b/c.parquet', '/data/http:/x', 'c:\\x'],
    }),
  );
});

test('what cannot be written to is told as that, not as a file to copy first', async (t) => {
  const cases = [
    ['s3://b', /names no prefix below a bucket/],
    ['s3://b/', /names no prefix below a bucket/],
    ['S3://b/x', /names no prefix below a bucket.*small letters/],
    ['https://h/x', /no place for runs and outputs/],
    ['hf://datasets/a/b', /no place for runs and outputs/],
    ['s3:/b/x', /lacks a slash: s3:\/\/b\/x/],
  ] as const;
  for (const [place, message] of cases)
    t.throws(() => refuseRemotePaths({ 'output-folder': place }, { storedRuns: ['output-folder'] }), {
      code: 'BB_REMOTE_PATH',
      message,
    });
});

test('credentials in a URL of object storage are refused, and not repeated', (t) => {
  for (const given of [
    's3://KEYID:secret@bucket/x.parquet',
    'a=gs://KEYID:secret@bucket/x',
    's3://KEYID:se@cret@bucket',
  ]) {
    for (const remoteInputs of [[], ['inputs']]) {
      const { code, message } = t.throws(
        () => refuseRemotePaths({ inputs: [given] }, { remoteInputs }) as never,
        { instanceOf: BowerbirdError },
      );
      t.is(code, 'BB_REMOTE_PATH');
      t.regex(message, /credentials before the bucket/);
      t.notRegex(message, /KEYID|cret/);
    }
  }
  t.notThrows(() => refuseRemotePaths({ inputs: ['s3://bucket/a@b.parquet'] }, { remoteInputs: ['inputs'] }));
});

test('a scheme alone is no place', (t) => {
  for (const given of ['s3://', 'hf://', 'https:///x'])
    t.throws(() => refuseRemotePaths({ inputs: [given] }, { remoteInputs: ['inputs'] }), {
      code: 'BB_REMOTE_PATH',
    });
});

test('file:// URLs are the paths that they stand for, but where any text may stand', (t) => {
  t.deepEqual(
    withFilePaths({
      inputs: ['file:///data/a%20b.parquet', 'c.csv'],
      'extra-head': ['x=file:///h.json'],
      text: 'file:///t',
      json: true,
    }),
    { inputs: ['/data/a b.parquet', 'c.csv'], 'extra-head': ['x=/h.json'], text: 'file:///t', json: true },
  );
});

test('a command line is told without what may be secret in its URLs', (t) => {
  t.is(
    commandLine(['plan', 'http://us:QX,ZJ@h/{a,b}.parquet?h=a,sig=ZJ', '--output-folder', 'x']),
    "bowerbird plan 'http://h/{a,b}.parquet' --output-folder x",
  );
});

test('what holds a password in a way that no URL can is refused, and not repeated', (t) => {
  for (const given of [
    'https://us:QX/ZJ@h/a.parquet',
    'x=https://us:QX#ZJ@h/a.parquet',
    'https:/us:QXZJ@h/a.parquet',
    'redis://x:QXZJ@h/1',
    'redis://x:QX/ZJ@h/1?password=QXZJ',
    'az://us:QXZJ@container/a',
    's3://KEY:QX/ZJ@bucket/a',
    's3:/KEY:QX/ZJ@bucket/a',
  ]) {
    const error = t.throws(() => refuseRemotePaths({ inputs: [given] }, { remoteInputs: ['inputs'] }), {
      code: 'BB_REMOTE_PATH',
    });
    t.notRegex(JSON.stringify(error) + error.message, /QX|ZJ/);
  }
});

test('two values that lead to two files and are shown as one are refused, whatever flags they are of', (t) => {
  t.throws(() => shownValues({ tags: ['https://h/get?1'], inputs: 'x=https://h/get?2' }), {
    code: 'BB_USAGE',
  });
  t.deepEqual(shownValues({ tags: ['https://h/get?1'], 'url-list': 'https://h/get?1', where: 'a' }), {
    ...{ tags: ['https://h/get'], 'url-list': 'https://h/get', where: 'a' },
  });
});
