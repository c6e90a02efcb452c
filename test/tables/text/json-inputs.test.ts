import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { JsonValueCutter, mendEscapes } from '../../../src/tables/text/json-values.ts';
import { randomNumbers } from '../../helpers/random-numbers.ts';
import { plan, readAll, readRows, temporaryFolder } from '../../shards/fixtures.ts';

async function rowsOf(
  t: ExecutionContext,
  name: string,
  content: string | Buffer,
): Promise<{ rows: Record<string, unknown>[]; hashes: bigint[]; malformed: number }> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, name), content);
  const runPlan = await plan(folder, join(folder, name));
  const [shard] = await readAll(t, folder, runPlan);
  const [input] = runPlan.inputs;
  const rows = await readRows(input!.readPath);
  return { rows, hashes: [...shard!.hashes], malformed: input!.malformedRowCount };
}

const OBJECTS = [
  { url: 'http://a/', caption: 'a "quoted" ] } , \\ text', more: { x: [1, { y: '[' }] } },
  { url: 'http://b/', caption: null, hash: 7 },
];
const ROWS = [
  { url: 'http://a/', caption: 'a "quoted" ] } , \\ text', more: '{"x":[1,{"y":"["}]}', hash: null },
  { url: 'http://b/', caption: null, more: null, hash: '7' },
];

test('arrays of objects are read however they are laid out, named and packed', async (t) => {
  const tight = JSON.stringify(OBJECTS);
  const wide = JSON.stringify(OBJECTS, null, 2);
  for (const [name, content] of [
    ['a.json', tight],
    ['a.json', wide],
    ['a.json', `\uFEFF\n ${wide.replaceAll('\n', '\r\n')}\n\n`],
    ['a.json.gz', gzipSync(wide)],
    ['a.jsonl', wide],
    ['a.jsonl', tight],
    ['a.json', OBJECTS.map((value) => JSON.stringify(value)).join('\n')],
    ['a.json', OBJECTS.map((value) => JSON.stringify(value, null, 1)).join('\n')],
  ] as const) {
    t.deepEqual((await rowsOf(t, name, content)).rows, ROWS, `${name}: ${content.toString()}`);
  }
});

test('64-bit integers of an array stay exact, and an element that is no object is a row without values', async (t) => {
  const { rows, hashes, malformed } = await rowsOf(
    t,
    'a.json',
    '[{"url":"http://a/","hash":-9223372036854775807}, 5, [1], "x", null, {url: 1}, {"url":"http://b/","hash":9007199254740993}]',
  );
  t.is(rows.length, 7);
  t.is(malformed, 5);
  t.is(hashes[0], -9_223_372_036_854_775_807n);
  t.is(hashes[6], 9_007_199_254_740_993n);
});

test('an array that is broken is refused with its line', async (t) => {
  for (const [content, message] of [
    ['[{"url":"http://a/"},\n{"url":"http://b/"}', /line 2: the array does not end/],
    ['[{"url":"http://a/"},\n{"url":"http://b/', /line 2: a value begins here and does not end/],
    [
      '[{"url":"http://a/"}\n{"url":"http://b/"}]',
      /line 2: a comma or the end of the array should come here, not "{"/,
    ],
    ['[{"url":"http://a/"},]', /line 1: a value should come here, not "]"/],
    ['[{"url":"http://a/"}]\n[]', /line 2: nothing more after the array should come here/],
    ['[,{"url":"http://a/"}]', /line 1: a value should come here/],
  ] as const) {
    await t.throwsAsync(rowsOf(t, 'a.json', content), { code: 'BB_INPUT_FORMAT', message });
  }
});

test('half a surrogate pair becomes U+FFFD wherever it stands; pairs and escaped backslashes stay', async (t) => {
  t.is(mendEscapes('"\\ud83d\\ude00"'), '"\\ud83d\\ude00"');
  t.is(mendEscapes('"\\\\ud83d"'), '"\\\\ud83d"');
  t.is(mendEscapes('"\\\\\\ud83d x"'), '"\\\\\\ufffd x"');
  t.is(mendEscapes('"\\ud83d\\ud83d\\ude00\\uDE00"'), '"\\ufffd\\ud83d\\ude00\\ufffd"');
  const { rows } = await rowsOf(t, 'a.jsonl', '{"url":"http://a/","caption":"cut \\ud83d"}\n');
  t.deepEqual(rows, [{ url: 'http://a/', caption: 'cut \uFFFD' }]);
});

test('a NUL in a key becomes U+FFFD, since no column can be called so; in values it stays', async (t) => {
  t.is(
    mendEscapes('{"a\\u0000b" : "\\u0000: ", "c\\\\u0000":"x\\u0000"}'),
    '{"a\\ufffdb" : "\\u0000: ", "c\\\\u0000":"x\\u0000"}',
  );
  const { rows } = await rowsOf(t, 'a.jsonl', '{"url":"http://a/","n\\u0000":"v\\u0000"}\n');
  t.deepEqual(rows, [{ url: 'http://a/', 'n\uFFFD': 'v\0' }]);
});

test('objects that have thousands of keys between them are refused with their number', async (t) => {
  const line = (row: number): string =>
    JSON.stringify(Object.fromEntries(Array.from({ length: 400 }, (_, key) => [`${row}/${key}`, 0])));
  await t.throwsAsync(rowsOf(t, 'a.jsonl', `${[1, 2, 3].map(line).join('\n')}\n`), {
    code: 'BB_INPUT_UNREADABLE',
    message: /a\.jsonl cannot be read: its JSON objects have 1200 keys between them, and at most 1000/,
  });
});

test('the last value of a key counts, as for JSON.parse, and big integers beside it stay exact', async (t) => {
  const { rows, malformed } = await rowsOf(
    t,
    'a.jsonl',
    '{"url":"http://a/","hash":9007199254740993,"url":"http://b/"}\n{"hash":1,"url":"http://c/"}\n',
  );
  t.deepEqual(rows, [
    { url: 'http://b/', hash: '9007199254740993' },
    { url: 'http://c/', hash: '1' },
  ]);
  t.is(malformed, 0);
});

test('an array is cut as JSON.parse reads it, wherever the chunks end', (t) => {
  const random = randomNumbers(16);
  const texts = ['', 'a', '"', '\\', '[', ']', '{', '}', ',', '\n', 'é😀', '\\u0041'];
  const value = (depth: number): unknown => {
    const kind = Math.floor(random() * (depth > 3 ? 4 : 6));
    if (kind === 0) return texts[Math.floor(random() * texts.length)]!.repeat(3);
    if (kind === 1) return Math.floor(random() * 1000) - 500.5;
    if (kind === 2) return null;
    if (kind === 3) return random() < 0.5;
    const items = Array.from({ length: Math.floor(random() * 4) }, () => value(depth + 1));
    return kind === 4 ? items : Object.fromEntries(items.map((item, i) => [`${texts[i]}${i}`, item]));
  };
  for (let round = 0; round < 300; round++) {
    const values = Array.from({ length: Math.floor(random() * 5) }, () => value(0));
    const text = JSON.stringify(values, null, Math.floor(random() * 3));
    const cutter = new JsonValueCutter('x.json', true);
    const cut = [];
    for (let at = 0; at < text.length; ) {
      const end = at + 1 + Math.floor(random() * 20);
      cut.push(...cutter.cut(text.slice(at, end)));
      at = end;
    }
    cut.push(...cutter.end());
    t.deepEqual(
      cut.map(({ fields }) => JSON.parse(fields[0]!) as unknown),
      values,
      text,
    );
  }
});

test('what is no object in an array is a malformed line, however the array is laid out', async (t) => {
  const values = [{ url: 'http://a/' }, null, 5, [{ url: 'http://x/' }], { url: 'http://b/' }];
  for (const content of [JSON.stringify(values), JSON.stringify(values, null, 2)]) {
    const { rows, malformed } = await rowsOf(t, 'a.json', content);
    t.deepEqual(
      rows.map(({ url }) => url),
      ['http://a/', null, null, null, 'http://b/'],
    );
    t.is(malformed, 3);
  }
});
