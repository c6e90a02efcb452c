import test from 'ava';
import { normalPath } from '../../src/download/consent/path-pattern.ts';
import { parseTdmFile } from '../../src/download/consent/tdm-file.ts';

function reservationOf(file: unknown, path: string): 0 | 1 | undefined {
  const text = typeof file === 'string' ? file : JSON.stringify(file);
  return parseTdmFile(text).find(normalPath(new URL(path, 'http://foo.bar')))?.reservation;
}

test('a file may reserve everything', (t) => {
  t.is(reservationOf([{ location: '/', 'tdm-reservation': 1 }], '/any/where.jpg'), 1);
});

test('the second example of the specification', (t) => {
  const file = [
    { location: '/directory-a/', 'tdm-reservation': 1 },
    {
      location: '/directory-b/html/',
      'tdm-reservation': 1,
      'tdm-policy': 'https://provider.com/policies/policy.json',
    },
    { location: '/directory-b/images/*.jpg', 'tdm-reservation': 0 },
  ];
  t.is(reservationOf(file, '/directory-a/x.pdf'), 1);
  t.is(reservationOf(file, '/directory-b/html/x'), 1);
  t.is(reservationOf(file, '/directory-b/images/x.jpg'), 0);
  t.is(reservationOf(file, '/directory-b/images/x.png'), undefined);
  t.is(reservationOf(file, '/'), undefined);
  const rules = parseTdmFile(JSON.stringify(file));
  t.is(rules.find('/directory-b/html/x')?.policy, 'https://provider.com/policies/policy.json');
  t.is(rules.find('/directory-a/x')?.policy, null);
});

test('of several rules that match the first counts, however long it is', (t) => {
  const file = [
    { location: '/', 'tdm-reservation': 0 },
    { location: '/images/', 'tdm-reservation': 1 },
  ];
  t.is(reservationOf(file, '/images/x.jpg'), 0);
  t.is(reservationOf([...file].reverse(), '/images/x.jpg'), 1);
});

test('patterns are those of robots.txt', (t) => {
  const rule = (location: string): unknown => [{ location, 'tdm-reservation': 1 }];
  t.is(reservationOf(rule('/this/path/exactly$'), '/this/path/exactly'), 1);
  t.is(reservationOf(rule('/this/path/exactly$'), '/this/path/exactly/not'), undefined);
  t.is(reservationOf(rule('/this/*/then'), '/this/and/then'), 1);
  t.is(reservationOf(rule('/path/foo-%24'), '/path/foo-$'), 1);
  t.is(reservationOf(rule('/bilder/ü'), '/bilder/%C3%BC.jpg'), 1);
});

test('a reservation may be text', (t) => {
  t.is(reservationOf([{ location: '/', 'tdm-reservation': '1' }], '/'), 1);
});

for (const file of [
  '',
  'not JSON',
  '{"location": "/", "tdm-reservation": 1}',
  'null',
  '[null, 1, "x", [], {}]',
  '[{"location": "/"}]',
  '[{"tdm-reservation": 1}]',
  '[{"location": 7, "tdm-reservation": 1}]',
  '[{"location": "/", "tdm-reservation": 2}]',
  '[{"location": "/", "tdm-reservation": true}]',
  '[{"location": "/", "tdm-reservation": null}]',
  '[{"location": "/", "tdm-reservation": [1]}]',
  '[{"location": "/", "tdm-reservation": ""}]',
]) {
  test(`the file ${JSON.stringify(file)} says nothing`, (t) => {
    t.is(reservationOf(file, '/x'), undefined);
  });
}
