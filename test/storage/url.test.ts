import test from 'ava';
import {
  askedUrl,
  refuseAlike,
  rememberUrl,
  shownMessage,
  shownText,
  shownUrl,
} from '../../src/storage/url.ts';

test('of a URL user, password, query and fragment are not shown; in keys and paths of the hub their signs are names', (t) => {
  const shown = {
    'https://user:pass@host/a%20b.parquet?token=x#y': 'https://host/a%20b.parquet',
    'https://user:p@ss@host/a': 'https://host/a',
    's3://bucket/a#1/b?c@d.parquet': 's3://bucket/a#1/b?c@d.parquet',
    's3://ID:secret@bucket/a': 's3://bucket/a',
    'hf://datasets/o/n@main/data#1/x?y.parquet': 'hf://datasets/o/n@main/data#1/x?y.parquet',
    '/data/a?b#c': '/data/a?b#c',
  };
  for (const [url, expected] of Object.entries(shown)) t.is(shownUrl(url), expected);
});

/** What a person may have given by hand, and what is left of it. */
const SECRETS: readonly (readonly [string, string])[] = [
  ['https://us:PA,SS@h/a.parquet', 'https://h/a.parquet'],
  ['https://us:PA SS@h/a.parquet', 'https://h/a.parquet'],
  ['https://us:PA\'SS"@h/a.parquet', 'https://h/a.parquet'],
  ['https://us:P@SS@h:8080/a.parquet', 'https://h:8080/a.parquet'],
  ['https://us:PA/SS@h/a.parquet', 'https://...'],
  ['https://us:PA?SS@h/a.parquet', 'https://...'],
  ['https://us:PA#SS@h/a.parquet', 'https://...'],
  ['HTTPS://us:PASS@h/a.parquet?SS', 'HTTPS://h/a.parquet'],
  ['https:/us:PASS@h/a.parquet', 'https:/h/a.parquet'],
  ['https://[::1]:80/a.parquet?PA&SS', 'https://[::1]:80/a.parquet'],
  ['https://h/{a,b}.parquet?PA,SS', 'https://h/{a,b}.parquet'],
  ['https://h/@scope/a,b.parquet?PA{SS}', 'https://h/@scope/a,b.parquet'],
  ['https://h?PASS', 'https://h'],
  ['http://us:12/PASS@h:80/a.parquet', 'http://...'],
  ['http://us:/PA/SS@h/a.parquet?x', 'http://...'],
  ['http://h:80/%40scope/a.parquet?PA@SS', 'http://h:80/%40scope/a.parquet'],
  ['http://[::1]:80/@scope/a.parquet?PASS', 'http://[::1]:80/@scope/a.parquet'],
  ['s3://KEY:PASS@bucket/a', 's3://bucket/a'],
  ['s3://KEY:PA/SS@bucket/a', 's3://...'],
  ['hf://PASS@datasets/o/n@main/a', 'hf://datasets/o/n@main/a'],
  ['redis://x:PA/SS@h/1', 'redis://h/1'],
  ['rediss://h:6379/1?password=PASS', 'rediss://h:6379/1'],
  ['ftp://us:PASS@h/a', 'ftp://h/a'],
];

for (const [given, shown] of SECRETS) {
  test(`of ${given} no more is shown than ${shown}, by itself, in a list, a word and a message`, (t) => {
    t.is(shownUrl(given), shown);
    t.is(shownText(given), shown);
    t.is(shownText(`--from=x=${given}`), `--from=x=${shown}`);
    t.is(shownText(`https://g/b?PASS,${given},y=https://i/c?SS`), `https://g/b,${shown},y=https://i/c`);
    const quoted = given.replaceAll('"', '\\"');
    t.is(shownText(`["${quoted}","b.parquet"]`), `["${shownUrl(quoted)}","b.parquet"]`);
    if (!given.includes(' ')) t.notRegex(shownMessage(`It is ${given}: no.`), /SS|PA/);
  });
}

test('behind the query of a URL a comma may be a part of it, and is shown where a URL follows alone', (t) => {
  t.is(shownText('--tags=https://h/a?h=a,sig=1'), '--tags=https://h/a');
  t.is(shownText('https://h/a?h=a,{b,c}'), 'https://h/a');
  t.is(shownText('https://h/a.parquet,b.parquet'), 'https://h/a.parquet,b.parquet');
});

test('texts without URLs, and those of other things than files, are shown as they are', (t) => {
  for (const text of [
    'a?b#c@d',
    'file:///data/a?b#c',
    's3://bucket/a?b#c@d',
    'c:/data/a?b',
    'score > 7 and url is not null',
    'https://h/a (404), or s3://b/c.',
  ])
    for (const shown of [shownText(text), shownMessage(text)]) t.is(shown, text);
  t.is(shownText(`url like 'https://h/x?%' and w > 3`), `url like 'https://h/x' and w > 3`);
  t.is(shownText(`url = 'https://h/?a=''b' or true`), `url = 'https://h/' or true`);
});

test('a scheme in capitals leads to the same secrets', (t) => {
  t.is(rememberUrl('HTTPS://me:pass@caps.example/a?b'), 'HTTPS://caps.example/a');
  t.is(askedUrl('https://caps.example/a'), 'HTTPS://me:pass@caps.example/a?b');
});

test('two URLs of which the same is shown are refused, without what is not', (t) => {
  const { message } = t.throws(() => refuseAlike(['https://h/get?id=1', 'b', 'https://h/get?id=2']), {
    code: 'BB_USAGE',
    message: /^https:\/\/h\/get was given twice, with another user, password or query/,
  });
  t.notRegex(message, /id=/);
  t.notThrows(() =>
    refuseAlike(['https://h/a?id=1', 'HTTPS://h/a?id=1', 'https://h/b?id=1', 's3://b/x?1', 's3://b/x?2']),
  );
});
