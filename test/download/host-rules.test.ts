import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import {
  type HostRules,
  type RulesOfHost,
  readHostTable,
  rulesByTable,
  usualRules,
} from '../../src/download/host-rules.ts';
import type { NameResolver } from '../../src/download/resolver.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { until } from '../helpers/until.ts';
import { imageIn, startDownloader, startHost } from './setup.ts';

const USUAL = usualRules(32);

const LOOPBACK: NameResolver = {
  resolve: async () => ['127.0.0.1'],
  known: () => undefined,
  isAnswered: async () => true,
  zoneExists: async () => true,
  forgetMissing: () => undefined,
  close: () => undefined,
};

function rules(table: Readonly<Record<string, Partial<HostRules>>>): RulesOfHost {
  return rulesByTable(USUAL, new Map(Object.entries(table)));
}

test('the host with its port goes before its name, its name before its domains, the longest first, and all before *', (t) => {
  const of = rules({
    'a.example.org:8080': { atOnce: 1 },
    'a.example.org': { atOnce: 2 },
    '*.example.org': { atOnce: 3 },
    '*.org': { atOnce: 4 },
    '*': { atOnce: 5 },
  });
  const cases: [string, number][] = [
    ['a.example.org:8080', 1],
    ['a.example.org:9090', 2],
    ['a.example.org', 2],
    ['b.example.org', 3],
    ['c.b.example.org', 3],
    ['example.org', 4],
    ['example.com', 5],
    ['[::1]:80', 5],
  ];
  for (const [host, atOnce] of cases) t.deepEqual(of(host), { ...USUAL, atOnce }, host);
});

test('hosts that the file does not name have the usual rules', (t) => {
  const of = rules({ 'a.example.org': { tries: 9 } });
  t.deepEqual(of('a.example.org'), { ...USUAL, tries: 9 });
  t.deepEqual(of('b.example.org'), USUAL);
});

test('a file of rules is read with its units', async (t) => {
  const path = join(await makeFolder(t), 'hosts.json');
  writeFileSync(
    path,
    '{"A.example.org": {"at_once": 4, "crawl_delay": 2.5}, "*": {"per_second": 10, "tries": 3, "cool_down": 60}}',
  );
  t.deepEqual(
    [...readHostTable(path)],
    [
      ['a.example.org', { atOnce: 4, perSecond: 0.4 }],
      ['*', { perSecond: 10, tries: 3, coolDownMs: 60_000 }],
    ],
  );
});

test('a file of rules may begin with a byte order mark, and have the same settings for several hosts', async (t) => {
  const path = join(await makeFolder(t), 'hosts.json');
  writeFileSync(path, '\ufeff{"a.example": {"tries": 2}, "tries": {"tries": 2}, "b.example": {"tries": 3}}');
  t.deepEqual([...readHostTable(path).keys()], ['a.example', 'tries', 'b.example']);
});

test('keys of a file of rules are written as hosts of URLs are', async (t) => {
  const path = join(await makeFolder(t), 'hosts.json');
  const keys = ['Bücher.example', 'a.example.', '*.B.example', '127.1', '[::0001]:8080', 'c.example:08080'];
  writeFileSync(path, JSON.stringify(Object.fromEntries(keys.map((key) => [key, { tries: 2 }]))));
  t.deepEqual(
    [...readHostTable(path).keys()],
    ['xn--bcher-kva.example', 'a.example', '*.b.example', '127.0.0.1', '[::1]:8080', 'c.example:8080'],
  );
});

for (const key of [
  '',
  '*.',
  '*.*',
  'a.*.com',
  'http://a.example/',
  'a.example/path',
  'a.example:99999',
  'u:p@a.example',
  'a.example:80',
  'a.example:443',
  '*.a.example:8080',
  '*.127.0.0.1',
  'a example',
]) {
  test(`a hosts file that names "${key}", which no host of a URL is, is refused`, async (t) => {
    const path = join(await makeFolder(t), 'hosts.json');
    writeFileSync(path, JSON.stringify({ [key]: { at_once: 1 } }));
    const error = t.throws(() => readHostTable(path), { code: 'BB_USAGE' });
    t.true(error?.message.includes(`"${key}"`), error?.message);
  });
}

for (const [content, words] of [
  ['{"A.example": {}, "a.example.": {}}', /names a\.example twice, the second time as "a\.example\."/],
  ['{"a.example": {"tries": 2}, "b.example": {}, "a.example": {"tries": 3}}', /has "a\.example" twice/],
  ['{"a.example": {"tries": 2, "\\u0074ries": 3}}', /has "tries" twice/],
  ['{', /cannot be read/],
  ['[]', /must be a JSON object of hosts/],
  ['{"a.example": 4}', /"a.example" must be an object/],
  ['{"a.example": {"atonce": 4}}', /"atonce"; there are at_once/],
  ['{"a.example": {"constructor": 4}}', /"constructor"; there are/],
  ['{"a.example": {"at_once": 0}}', /"at_once" must be a whole number from 1/],
  ['{"a.example": {"at_once": 4097}}', /"at_once" must be a whole number from 1 to 4096/],
  ['{"a.example": {"per_second": 0.0001}}', /"per_second" must be a number from 1\/3600/],
  ['{"a.example": {"per_second": 1e9}}', /"per_second" must be a number from .* to 1000000/],
  ['{"a.example": {"crawl_delay": 1e9}}', /"crawl_delay" must be seconds, above 0 and up to 3600/],
  ['{"a.example": {"crawl_delay": -1}}', /"crawl_delay" must be seconds, above 0/],
  ['{"a.example": {"tries": 1e6}}', /"tries" must be a whole number from 1 to 1000/],
  ['{"a.example": {"cool_down": 1e9}}', /"cool_down" must be seconds, above 0 and up to 86400/],
  ['{"a.example": {"crawl_delay": "2"}}', /"crawl_delay" must be seconds/],
  ['{"a.example": {"crawl_delay": 1, "per_second": 1}}', /both per_second and crawl_delay/],
] as const) {
  test(`a hosts file of ${content} is refused, saying where`, async (t) => {
    const path = join(await makeFolder(t), 'hosts.json');
    writeFileSync(path, content);
    const error = t.throws(() => readHostTable(path), { code: 'BB_USAGE' });
    t.regex(error?.message ?? '', words);
    t.true(error?.message.includes(path));
  });
}

test('a final dot is no way around the limits of a host', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(
    t,
    { hosts: new Map([['dotted.test', { atOnce: 1 }]]) },
    { resolver: LOOPBACK },
  );
  const fetch = (name: string, path: string) =>
    downloader.download(`http://${name}:${host.port}/held/${path}`);
  const rows = [fetch('dotted.test', '1'), fetch('dotted.test.', '2'), fetch('dotted.test.', '3')];
  // Others pass meanwhile: what does not is held by its own limit.
  rows.push(...['4', '5', '6'].map((path) => fetch('other.test', path)));
  await until(() => host.atOnce === 4);
  host.letGo();
  for (const outcome of await Promise.all(rows)) imageIn(t, outcome);
  t.is(host.mostAtOnce, 4);
});

test('a downloader keeps to the rules of the file', async (t) => {
  const [strict, free] = [await startHost(t), await startHost(t, { address: '127.0.0.2' })];
  const hosts = new Map([[`127.0.0.1:${strict.port}`, { atOnce: 2 }]]);
  const downloader = startDownloader(t, { hosts });
  const paths = Array.from({ length: 5 }, (_, i) => `/held/${i}`);
  const rows = [strict, free].flatMap((host) => paths.map((path) => downloader.download(host.url(path))));
  await until(() => free.atOnce === 5);
  strict.letGo();
  free.letGo();
  for (const outcome of await Promise.all(rows)) imageIn(t, outcome);
  t.is(strict.mostAtOnce, 2);
});
