import test from 'ava';
import { recordOf } from '../../src/pictures/picture-row.ts';

const PLACE = '"bowerbird: offset":null,"bowerbird: bytes":3,"bowerbird: fault":null';

test('a row is one JSON object, in which the JSON beside the image stands as it was, every digit of it', (t) => {
  t.is(recordOf({ path: 'a.jpg', bytes: 3 }), `{"path":"a.jpg",${PLACE}}`);
  t.is(recordOf({ path: 'a.jpg', bytes: 3, json: ' { } ' }), `{"path":"a.jpg",${PLACE}}`);
  t.is(
    recordOf({
      path: 'a "b".jpg',
      caption: 'c',
      texts: { cls: '7' },
      bytes: 3,
      json: '{"hash": 9223372036854775807,\n "n": [1]}\n',
    }),
    `{"path":"a \\"b\\".jpg","caption":"c","cls":"7","hash": 9223372036854775807,\n "n": [1],` +
      `"path":"a \\"b\\".jpg","caption":"c","cls":"7",${PLACE}}`,
  );
});

test('where the bytes lie and what is wrong with them goes with the row, and no key of the JSON takes its place', (t) => {
  const record = recordOf({
    path: 'x.tar/a.jpg',
    offset: 512,
    bytes: 3,
    fault: 'member_cut',
    json: '{"path": "/etc/passwd", "bowerbird: offset": 0, "bowerbird: fault": null}',
  });
  t.deepEqual(JSON.parse(record), {
    path: 'x.tar/a.jpg',
    'bowerbird: offset': 512,
    'bowerbird: bytes': 3,
    'bowerbird: fault': 'member_cut',
  });
});
