import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkValues, type FlagTable, normaliseArguments, readConfigFile } from '../../src/cli/flags.ts';
import { joinTruthValues, refuseBooleanValues } from '../../src/cli/switches.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const TABLE: FlagTable = {
  'url-list': { type: 'list', describe: '', group: '' },
  timeout: { type: 'number', min: 0.1, max: 600, describe: '', group: '' },
  retries: { type: 'integer', min: 0, describe: '', group: '' },
  'output-folder': { type: 'string', describe: '', group: '' },
  'save-embeddings': { type: 'boolean', describe: '', group: '' },
};
const describeUnknown = (name: string): string => `there is no ${name}`;

test('flag names may have underscores or capitals; values and what comes after -- stay as they are', (t) => {
  t.deepEqual(
    normaliseArguments([
      'score',
      'my_File',
      '--url_list',
      'a_B',
      '--outputFolder=my_Out',
      '-h',
      '--',
      '--url_list',
    ]),
    ['score', 'my_File', '--url-list', 'a_B', '--output-folder=my_Out', '--help', '--', '--url_list'],
  );
});

test('values come out typed, and what was not given stays out', (t) => {
  t.deepEqual(
    checkValues(TABLE, { timeout: '2.5', retries: '3', 'output-folder': '7', 'save-embeddings': true }),
    { 'url-list': undefined, timeout: 2.5, retries: 3, 'output-folder': '7', 'save-embeddings': true },
  );
});

test('a comma that may be of a URL with a query or a password cuts no list, and nothing of it is repeated', (t) => {
  const cut = (value: unknown): unknown => checkValues(TABLE, { 'url-list': value })['url-list'];
  for (const list of [
    'https://h/a?h=a,sig=ZJ',
    'b,x=https://h/a?h=a,sig=ZJ',
    'http://us:QX,ZJ@h/a',
    'http://us:1,ZJ@h/a',
    'http://us:QX/ZJ,ZJ@h/a',
  ]) {
    const { message } = t.throws(() => cut(list), { code: 'BB_USAGE', message: /--url-list.*%2C.*as JSON/ });
    t.notRegex(message, /QX|ZJ/);
  }
  t.deepEqual(cut('["https://h/a?h=a,sig=b","c"]'), ['https://h/a?h=a,sig=b', 'c']);
  t.deepEqual(cut('https://h/a?b, x=https://h/c?d ,s3://e/f?g,h'), [
    ...['https://h/a?b', 'x=https://h/c?d', 's3://e/f?g', 'h'],
  ]);
  t.deepEqual(cut('https://h/a,b'), ['https://h/a', 'b']);
});

test('a list is cut at commas, but not within braces', (t) => {
  const cut = (value: unknown): unknown => checkValues(TABLE, { 'url-list': value })['url-list'];
  t.deepEqual(cut('a, b,,c'), ['a', 'b', 'c']);
  t.deepEqual(cut('x/{00000..00003,00007}.parquet,y.csv'), ['x/{00000..00003,00007}.parquet', 'y.csv']);
  t.deepEqual(cut('{a,{b,c}}.csv,d}.csv,e.csv'), ['{a,{b,c}}.csv', 'd}.csv', 'e.csv']);
  t.deepEqual(cut(['a,b', 'c']), ['a', 'b', 'c']);
});

const BAD: readonly (readonly [string, unknown, RegExp])[] = [
  ['timeout', 'x', /--timeout needs a number, at least 0\.1 and at most 600; "x" is not one/],
  ['timeout', '', /--timeout needs a number/],
  ['timeout', '0', /at least 0\.1/],
  ['timeout', 'Infinity', /--timeout/],
  ['timeout', '>7', /">7" is not one\. Write --timeout 7: the flag's name says which side is kept/],
  ['timeout', '<= 0.5', /Write --timeout 0\.5/],
  ['timeout', '0,5', /It takes one number, with a point before decimals\.$/],
  ['retries', '1.5', /--retries needs a whole number, at least 0;/],
  ['retries', ['1', '2'], /--retries was given more than once/],
  ['output-folder', '', /--output-folder needs a string/],
  ['output-folder', true, /--output-folder needs a string, not true/],
  ['save-embeddings', 'yes', /--save-embeddings needs a boolean/],
];

for (const [name, value, message] of BAD) {
  test(`--${name} ${JSON.stringify(value)} is refused`, (t) => {
    t.throws(() => checkValues(TABLE, { [name]: value }), { code: 'BB_USAGE', message });
  });
}

test('a switch takes true and false, in a word of its own and as Python spells them too', (t) => {
  const words = ['a.csv', '--save-embeddings', 'True', '--save-embeddings=FALSE', '--output-folder', 'True'];
  t.deepEqual(joinTruthValues(words, TABLE), [
    'a.csv',
    '--save-embeddings=true',
    '--save-embeddings=false',
    '--output-folder',
    'True',
  ]);
  const plain = ['--save-embeddings', 'a.csv', '--', '--save-embeddings', 'True'];
  t.deepEqual(joinTruthValues(plain, TABLE), plain);
  t.notThrows(() =>
    refuseBooleanValues(['--save-embeddings', '--save-embeddings=false', '--output-folder=yes'], TABLE),
  );
});

test('every other word of a switch is refused instead of being taken for false, or for an input', (t) => {
  for (const words of [['--save-embeddings=yes'], ['--save-embeddings', 'yes'], ['--save-embeddings', '1']]) {
    t.throws(() => refuseBooleanValues(words, TABLE), {
      code: 'BB_USAGE',
      message: /--save-embeddings takes no value but true or false, not "(yes|1)"/,
    });
  }
  t.notThrows(() => refuseBooleanValues(['--save-embeddings', 'a.csv'], TABLE));
});

async function configFile(t: ExecutionContext, content: string): Promise<string> {
  const path = join(await makeFolder(t), 'config.json');
  await writeFile(path, content);
  return path;
}

test('a config file may spell names in any way', async (t) => {
  const path = await configFile(
    t,
    '{"url_list": ["a"], "outputFolder": 7, "timeout": 3, "save-embeddings": true}',
  );
  t.deepEqual(readConfigFile(path, TABLE, describeUnknown), {
    'url-list': ['a'],
    'output-folder': '7',
    timeout: 3,
    'save-embeddings': true,
  });
});

test('a config file that is missing, broken, no object or names no flag is refused by its path', async (t) => {
  t.throws(() => readConfigFile('/nowhere.json', TABLE, describeUnknown), {
    code: 'BB_USAGE',
    message: /\/nowhere\.json: there is no such file/,
  });
  for (const [content, message] of [
    ['{', /cannot be read as JSON/],
    ['[]', /must hold one JSON object/],
    ['null', /must hold one JSON object/],
    ['{"timeouts": 1}', /there is no timeouts/],
  ] as const) {
    const path = await configFile(t, content);
    const error = t.throws(() => readConfigFile(path, TABLE, describeUnknown), { code: 'BB_USAGE', message });
    t.true(error?.message.includes(path));
  }
});
