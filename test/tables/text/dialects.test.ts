import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { TextOptions } from '../../../src/tables/formats.ts';
import { textNote } from '../../../src/tables/readable.ts';
import { plan, readAll, readRows, temporaryFolder } from '../../shards/fixtures.ts';

type Row = Record<string, unknown>;

async function rowsOf(
  t: ExecutionContext,
  name: string,
  content: string | Buffer,
  text: TextOptions = {},
): Promise<Row[]> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, name), content);
  const runPlan = await plan(folder, join(folder, name), {
    text,
    urlColumn: text.header === false ? '0' : 'url',
  });
  await readAll(t, folder, runPlan);
  return readRows(runPlan.inputs[0]!.readPath);
}

async function refusal(
  t: ExecutionContext,
  name: string,
  content: string | Buffer,
  text: TextOptions = {},
): Promise<string> {
  const error = await t.throwsAsync(rowsOf(t, name, content, text), { code: 'BB_INPUT_FORMAT' });
  return error!.message;
}

const A = { url: 'http://a/', caption: 'x' };
const B = { url: 'http://b/', caption: 'y' };

test('delimiter, quote and header are what they are said to be', async (t) => {
  t.deepEqual(
    await rowsOf(t, 'a.csv', "url;caption\n'http://a/';x\nhttp://b/;'y'\n", { delimiter: ';', quote: "'" }),
    [A, B],
  );
  t.deepEqual(
    await rowsOf(t, 'a.csv', 'url|caption\nhttp://a/|"x\nhttp://b/|y"\n', { delimiter: '|', quote: '' }),
    [
      { url: 'http://a/', caption: '"x' },
      { url: 'http://b/', caption: 'y"' },
    ],
  );
  t.deepEqual(await rowsOf(t, 'a.tsv', 'http://a/\tx\nhttp://b/\ty\n', { header: false }), [
    { column0: 'http://a/', column1: 'x' },
    { column0: 'http://b/', column1: 'y' },
  ]);
});

test('what is said of text is refused where no input is such a text', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a.txt'), 'http://a/\n');
  await t.throwsAsync(plan(folder, join(folder, 'a.txt'), { text: { delimiter: ';' } }), {
    code: 'BB_USAGE',
  });
});

test('encodings: by their marks, as said, and refused where the bytes tell of UTF-16 without a mark', async (t) => {
  const text = 'url,caption\nhttp://a/,x\nhttp://b/,y\n';
  const little = Buffer.from(text, 'utf16le');
  const big = Buffer.from(little).swap16();
  for (const bytes of [
    Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
    Buffer.concat([Buffer.from([0xfe, 0xff]), big]),
    Buffer.from(`\uFEFF${text}`),
  ]) {
    t.deepEqual(await rowsOf(t, 'a.csv', bytes), [A, B]);
  }
  t.deepEqual(await rowsOf(t, 'a.csv', little, { encoding: 'utf-16le' }), [A, B]);
  t.deepEqual(await rowsOf(t, 'a.csv', big, { encoding: 'utf-16be' }), [A, B]);
  t.regex(await refusal(t, 'a.csv', little), /is UTF-16 .*--encoding utf-16le/);
  t.regex(await refusal(t, 'a.csv', big), /is UTF-16 .*--encoding utf-16be/);
  t.regex(await refusal(t, 'a.csv', Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), big])), /UTF-32/);
  t.regex(await refusal(t, 'a.csv', Buffer.alloc(4096)), /zero bytes/);
  const western = Buffer.from('url,caption\nhttp://a/,\xe9 \x80 \x81\n', 'latin1');
  t.deepEqual(await rowsOf(t, 'a.csv', western, { encoding: 'latin1' }), [{ ...A, caption: 'é € \x81' }]);
  t.deepEqual(await rowsOf(t, 'a.csv', western), [{ ...A, caption: '\uFFFD \uFFFD \uFFFD' }]);
});

test('a zero byte is a character', async (t) => {
  t.deepEqual(await rowsOf(t, 'a.csv', 'url,caption\nhttp://a/,x\0z\n'), [{ ...A, caption: 'x\0z' }]);
});

test('lines may end with a line feed, a carriage return, or both, within one file too', async (t) => {
  const ends = ['\n', '\r\n', '\r'];
  for (const first of ends) {
    for (const second of ends) {
      const content = `url,caption${first}http://a/,x${second}http://b/,y${first}`;
      t.deepEqual(await rowsOf(t, 'a.csv', content), [A, B], JSON.stringify(content));
    }
  }
  const long = Array.from({ length: 40_000 }, (_, i) => `http://a/${i},"two\rlines"`);
  const rows = await rowsOf(t, 'a.csv', `url,caption\r${long.join('\r')}`);
  t.is(rows.length, 40_000);
  t.deepEqual(rows.at(-1), { url: 'http://a/39999', caption: 'two\rlines' });
});

test('a carriage return within a field that is not quoted stays, where the line is a row with it', async (t) => {
  t.deepEqual(await rowsOf(t, 'a.csv', 'url,caption\nhttp://a/,one\rtwo\n'), [{ ...A, caption: 'one\rtwo' }]);
});

/** What `zstd` makes of a CSV of two rows; zstd is not among Node 20's packers. */
const ZSTD = 'KLUv/SAkIQEAdXJsLGNhcHRpb24KaHR0cDovL2EvLHgKaHR0cDovL2IvLHkK';

test('zstd is unpacked, told by its content; a stream that is cut is refused', async (t) => {
  const bytes = Buffer.from(ZSTD, 'base64');
  t.deepEqual(await rowsOf(t, 'a.csv.zst', bytes), [A, B]);
  t.deepEqual(await rowsOf(t, 'a.csv', bytes), [A, B]);
  await t.throwsAsync(rowsOf(t, 'a.csv.zst', bytes.subarray(0, 30)), {
    code: 'BB_INPUT_UNREADABLE',
    message: /its zstd stream is broken or cut short/,
  });
});

test('quotes within a field that does not begin with one are characters', async (t) => {
  t.deepEqual(await rowsOf(t, 'a.csv', 'url,caption\nhttp://a/,5" disk "new"\n'), [
    { ...A, caption: '5" disk "new"' },
  ]);
});

test('a quote that joins rows is refused with its line, however it is closed', async (t) => {
  const stray = [
    // Text follows the closing quote.
    'url,caption\nhttp://a/,"x\nhttp://b/,a "y"\n',
    'url,caption\nhttp://a/,"x\nhttp://b/,"y"\n',
    // The closing quote is an inch mark at the end of a field.
    'caption,url\n"x,http://a/\ntv 42",http://b/\n',
    'url,caption\nhttp://a/,"x\nhttp://b/,y\nhttp://c/,tv 42"\n',
    // A row between is broken in itself.
    'url,caption\nhttp://a/,"x\nhttp://b/\nhttp://c/,z\nhttp://d/,tv 42"\n',
  ];
  for (const content of stray)
    t.regex(await refusal(t, 'a.csv', content), /a\.csv, line 2: .*--quote none/, content);
  t.notRegex(await refusal(t, 'a.csv', stray[0]!), /where they are right/);
  t.regex(await refusal(t, 'a.csv', '"url,caption\nhttp://a/,x"\n'), /line 1: /);
  t.regex(await refusal(t, 'a.csv', 'url,hash,aesthetic\n,1,"5\n,2,6"\n,3,5\n'), /line 2: /);
});

test('quoted fields over several lines are read, and a doubtful one where the quote is said to be right', async (t) => {
  const caption = 'first line\nsecond, with a comma\n\n"third"';
  const quoted = caption.replaceAll('"', '""');
  t.deepEqual(await rowsOf(t, 'a.csv', `url,caption\nhttp://a/,"${quoted}"\n`), [{ ...A, caption }]);
  t.deepEqual(await rowsOf(t, 'a.csv', `caption,url\n"${quoted}",http://a/\n`), [{ ...A, caption }]);
  const doubtful = 'url,caption\nhttp://a/,"see\nhttp://b/, there"\n';
  t.regex(await refusal(t, 'a.csv', doubtful), /line 3 is a row of its own.*--quote '"'/);
  t.deepEqual(await rowsOf(t, 'a.csv', doubtful, { quote: '"' }), [
    { ...A, caption: 'see\nhttp://b/, there' },
  ]);
});

test('an unclosed quote is found in one pass over the lines after it', async (t) => {
  const lines = '\nx ""y"" z,http://b/'.repeat(200_000);
  t.regex(await refusal(t, 'a.csv', `url,caption\nhttp://a/,"he said${lines}`), /line 2: a quote opens here/);
});

test('the first line that breaks the format is named with its reason', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a.csv'), 'url,caption\nhttp://a/,x\n\nhttp://b/\nhttp://c/,y,z\n');
  await writeFile(join(folder, 'b.jsonl'), '{"url":"http://a/"}\n[1]\n{\n');
  const { inputs } = await plan(folder, folder);
  t.deepEqual(
    inputs.map(({ malformedRowCount, firstMalformed }) => [malformedRowCount, firstMalformed]),
    [
      [2, { line: 4, why: 'it has 1 field, not 2' }],
      [2, { line: 2, why: 'it holds a JSON array, no object' }],
    ],
  );
});

test('bytes that are not UTF-8 are counted, and said with the flag to give; U+FFFD of the file itself is none', async (t) => {
  const folder = await temporaryFolder(t);
  const long = '\ufffd'.repeat(300_000);
  await writeFile(
    join(folder, 'a.csv'),
    Buffer.from('url,caption\nhttp://a/caf\xe9.jpg,caf\xe9\n', 'latin1'),
  );
  await writeFile(join(folder, 'b.csv'), `url,caption\nhttp://b/,x${long}\n`);
  const one = `http://c/\n${long}`;
  await writeFile(join(folder, 'c.txt'), Buffer.concat([Buffer.from(one), Buffer.from([0xe9, 0x0a])]));
  const { inputs } = await plan(folder, folder);
  t.deepEqual(
    inputs.map(({ replacedCount }) => replacedCount),
    [2, 0, 1],
  );
  t.regex(
    textNote(inputs[0]!) ?? '',
    /^2 places in .*a\.csv are not UTF-8 and read as U\+FFFD.*--encoding windows-1252/,
  );
  t.notRegex(textNote(inputs[0]!, 'Rows end.') ?? '', /Rows end/);
  t.regex(
    textNote({ ...inputs[0]!, malformedRowCount: 1 }, 'Rows end.') ?? '',
    /values\. Rows end\. 2 places/,
  );
  t.is(textNote(inputs[1]!), undefined);
  t.regex(textNote(inputs[2]!) ?? '', /^1 place in .*c\.txt is not UTF-8/);
});

test('where no column holds URLs, the flag is named that reads the file as it looks', async (t) => {
  for (const [content, advice] of [
    ['url;caption\nhttp://a/;x\n', /Where ';' stands between the fields, say --delimiter ';'/],
    ['url\tcaption\nhttp://a/\tx\n', /say --delimiter tab/],
    ['http://a/,x\nhttp://b/,y\n', /say --no-header and --url-col 0/],
    ['link;to,other\nhttp://a/,x\n', /hold URLs\. Name it with --url-col\. It has: link;to, other/],
  ] as const) {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'a.csv'), content);
    const error = await t.throwsAsync(plan(folder, folder));
    t.regex(error?.message ?? '', advice);
  }
});
