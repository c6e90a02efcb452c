import test from 'ava';
import { parseJsonPath, valueAt } from '../../src/collect/json-path.ts';
import { parseStrangersJson } from '../../src/collect/json-text.ts';

const DOCUMENT = {
  data: {
    images: [{ url: 'first' }, { url: 'second', 'display.name': 'dotted' }],
    zero: 0,
    empty: '',
    no: false,
  },
  'odd "key"': [[1, 2], [3]],
};

for (const [path, found] of [
  ['data.images[1].url', 'second'],
  ['data.images.1.url', 'second'],
  ['data.images[1]["display.name"]', 'dotted'],
  ['["odd \\"key\\""][0][1]', 2],
  ['data.zero', 0],
  ['data.empty', ''],
  ['data.no', false],
  ['data.gone|data.images[0].url', 'first'],
  ['data.images[9].url', undefined],
  ['data.images.length', undefined],
  ['data.constructor', undefined],
  ['data.url', undefined],
] as const) {
  test(`${path} leads to ${JSON.stringify(found)}`, (t) => {
    t.is(valueAt(DOCUMENT, parseJsonPath(path)!), found);
  });
}

test('what is no path is told from one', (t) => {
  for (const text of ['', '.a', 'a..b', 'a.', 'a[', 'a[x]', 'a["b]', 'a|', '|a', 'a]b', 'a"b"'])
    t.is(parseJsonPath(text), undefined, text);
});

test('JSON is as deep as its brackets, not as those within its texts', (t) => {
  const text = JSON.stringify({ a: '[{'.repeat(500), b: 'quote \\" and [', c: [[1]] });
  t.deepEqual(parseStrangersJson(Buffer.from(text)), { value: JSON.parse(text) });
  const quoted = JSON.stringify({ a: `"${'['.repeat(100)}` });
  t.deepEqual(parseStrangersJson(Buffer.from(quoted)), { value: JSON.parse(quoted) });
  t.deepEqual(parseStrangersJson(Buffer.from('\ufeff{"a":1}')), { value: { a: 1 } });
  t.deepEqual(parseStrangersJson(Buffer.from('{"a":'.repeat(65))), { problem: 'it nests deeper than 64' });
  const deepest = `${'['.repeat(64)}${']'.repeat(64)}`;
  t.true('value' in parseStrangersJson(Buffer.from(deepest)));
});
