import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { codeOf } from '../../../src/base/errors.ts';
import { namesInBraces } from '../../../src/tables/inputs/braces.ts';
import { expandInputs } from '../../../src/tables/inputs.ts';
import { startHubServer } from '../../helpers/hub-server.ts';
import { startS3Server } from '../../helpers/s3-server.ts';

const server = await startS3Server();
const hub = await startHubServer();
Object.assign(process.env, server.environment, { HF_ENDPOINT: hub.hub.origin, HF_HOME: '/nowhere' });
const FILES = [
  ...['n/a1.csv', 'n/a2.csv', 'n/a3.csv', 'n/b1.csv', 'n/ab.csv', 'n/!a.csv', 'n/a!.csv', 'n/A1.csv'],
  ...['n/a+b.csv', 'n/a^b.csv', 'n/.h.csv', 'n/a.tmp', 'n/a1.json', 'n/sub/a1.csv', 'n/sub/deep/a9.csv'],
  ...['(p)/x.csv', 'br[1]/x.csv', 'br1/y.csv', 'wow!/x.csv', '{k}/x.csv', 'q?/x.csv', 'qq/y.csv', 'p/y.csv'],
  ...[
    's*r/x.csv',
    'star/y.csv',
    'e/[1].csv',
    'e/1.csv',
    'e/a(1).csv',
    'e/b(1).csv',
    'e/a1.csv',
    'e/w?.csv',
    'e/wo.csv',
  ],
  ...['m/a@b.csv', 'm/a=1/x.csv', 'm/a~b.csv', 'm/ü.csv', 'm/a$b.csv', 'm/a|b.csv', 'm/a,b.csv'],
];

/** With what each stands for by hand, where it is plain to see. */
const PATTERNS: readonly (readonly [string, (readonly string[])?])[] = [
  ['n/a[!1].csv', ['n/a!.csv', 'n/a2.csv', 'n/a3.csv', 'n/ab.csv']],
  ['n/a[^1].csv', ['n/a!.csv', 'n/a2.csv', 'n/a3.csv', 'n/ab.csv']],
  ['n/a?.csv', ['n/a!.csv', 'n/a1.csv', 'n/a2.csv', 'n/a3.csv', 'n/ab.csv']],
  [
    'n/??.csv',
    ['n/!a.csv', 'n/A1.csv', 'n/a!.csv', 'n/a1.csv', 'n/a2.csv', 'n/a3.csv', 'n/ab.csv', 'n/b1.csv'],
  ],
  ['n/[[:digit:]]*.csv'],
  ['n/a[[:digit:]].csv', ['n/a1.csv', 'n/a2.csv', 'n/a3.csv']],
  ['n/a[1-2].csv', ['n/a1.csv', 'n/a2.csv']],
  ['n/a[1!].csv', ['n/a!.csv', 'n/a1.csv']],
  ['n/{a,b}1.csv', ['n/a1.csv', 'n/b1.csv']],
  ['n/{a,c}1.csv', []],
  ['n/{a,c}[12].csv', ['n/a1.csv', 'n/a2.csv']],
  ['n/{a,c}?.csv'],
  ['{n/sub,br1}', ['br1/y.csv', 'n/sub/a1.csv', 'n/sub/deep/a9.csv']],
  ['{n/sub,none}', []],
  ['{n,n/sub}/a1.csv', ['n/a1.csv', 'n/sub/a1.csv']],
  ['n/!(a)*.csv'],
  ['n/!(a1|a2).csv'],
  ['n/@(a|b)1.csv', ['n/a1.csv', 'n/b1.csv']],
  ['n/+(a|b)*.csv'],
  ['n/!a.csv', ['n/!a.csv']],
  ['n/!*.csv', ['n/!a.csv']],
  ['n/a!.csv', ['n/a!.csv']],
  ['n/*!.csv', ['n/a!.csv']],
  ['n/.*.csv', ['n/.h.csv']],
  ['n/[.]h.csv'],
  ['n/*.tmp'],
  ['n/a1.*'],
  ['n/**'],
  ['n/**/a?.csv'],
  ['**/a9.csv', ['n/sub/deep/a9.csv']],
  ['**/deep/*'],
  ['n/sub/**/*.csv', ['n/sub/a1.csv', 'n/sub/deep/a9.csv']],
  ['n/*/a1.csv', ['n/sub/a1.csv']],
  ['n/su?/'],
  ['n/su?', []],
  ['n/*/'],
  ['n/a\\!.csv'],
  ['n/a+?.csv'],
  ['n/[a-'],
  ['n/[a-.csv', []],
  ['n/a].csv', []],
  ['*/x.csv'],
  ['(p)', ['(p)/x.csv']],
  ['(p)/', ['(p)/x.csv']],
  ['(p)/*'],
  ['br[1]', ['br[1]/x.csv']],
  ['br[1]/', ['br[1]/x.csv']],
  ['br[1]/*'],
  ['wow!', ['wow!/x.csv']],
  ['wow!/*.csv', ['wow!/x.csv']],
  ['{k}', ['{k}/x.csv']],
  ['{k}/*'],
  ['q?', ['q?/x.csv']],
  ['q?/*', ['q?/x.csv', 'qq/y.csv']],
  ['s*r', ['s*r/x.csv']],
  ['s*r/*', ['s*r/x.csv', 'star/y.csv']],
  ['e/[1].csv', ['e/[1].csv']],
  ['e/\\[1\\].csv'],
  ['e/[12].csv', ['e/1.csv']],
  ['e/{a,b}(1).csv', ['e/a(1).csv', 'e/b(1).csv']],
  ['e/{a,c}(1).csv'],
  ['e/w?.csv', ['e/w?.csv']],
  ['e/w[?].csv', ['e/w?.csv']],
  ['m/a?b.csv'],
  ['m/a=*/x.csv', ['m/a=1/x.csv']],
  ['m/a|b.csv', ['m/a|b.csv']],
  ['m/a|?.csv'],
  ['m/a$*.csv'],
  ['m/?.csv', ['m/ü.csv']],
  ['m/a{~,@}b.csv', ['m/a@b.csv', 'm/a~b.csv']],
];

const folder = await mkdtemp(join(tmpdir(), 'bowerbird-test-'));
for (const path of FILES) {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), 'a\n1\n');
  server.hold('bucket', path, 'a\n1\n');
  hub.files.set(`datasets/o/n main ${path}`, Buffer.from('a\n1\n'));
}

test.after.always(() =>
  Promise.all([server.stop(), hub.stop(), rm(folder, { recursive: true, force: true })]),
);

async function found(place: string, pattern: string): Promise<readonly string[] | string | undefined> {
  try {
    const files = await expandInputs(namesInBraces([place + pattern]));
    return files.map(({ path }) => path.slice(place.length)).sort();
  } catch (thrown) {
    return codeOf(thrown);
  }
}

for (const [pattern, expected] of PATTERNS) {
  test(`${pattern} finds the same in a folder, in object storage and on the hub`, async (t) => {
    const here = await found(`${folder}/`, pattern);
    if (expected) t.deepEqual(here, expected.length === 0 ? 'BB_INPUT_NOT_FOUND' : expected);
    for (const place of ['s3://bucket/', 'hf://datasets/o/n/'])
      t.deepEqual(await found(place, pattern), here, place);
  });
}

test('braces stand for buckets and repositories too, of which nothing is asked by a name in braces', async (t) => {
  for (const bucket of ['shards-1', 'shards-2']) {
    server.buckets.set(bucket, { objects: new Map(), uploads: new Map() });
    server.hold(bucket, 'd/a.csv', 'x');
    hub.files.set(`datasets/o/${bucket} main d/a.csv`, Buffer.from('x'));
  }
  server.forgetCounts();
  for (const place of ['s3://', 'hf://datasets/o/'])
    for (const path of ['d', 'd/a.csv', 'd/*.csv'])
      t.deepEqual(await found(place, `shards-{1,2}/${path}`), ['shards-1/d/a.csv', 'shards-2/d/a.csv'], path);
  server.hold('shards-2', 'e/b.csv', 'x');
  t.deepEqual(await found('s3://', 'shards-{1,2}/e/*.csv'), ['shards-2/e/b.csv']);
  t.is(await found('s3://', 'shards-{1,2}/f/*.csv'), 'BB_INPUT_NOT_FOUND');
  t.false(server.log.some(({ bucket }) => bucket.includes('{')));
});
