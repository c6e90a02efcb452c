import test from 'ava';
import { askedUrl, rememberUrl } from '../../../src/storage/storage.ts';
import { expandInputs } from '../../../src/tables/inputs.ts';
import { startFileServer } from '../../helpers/file-server.ts';

const web = await startFileServer();
test.after.always(() => web.stop());

const asked: string[] = [];
const AUTHORIZATION = `Basic ${Buffer.from('us:P,{W}').toString('base64')}`;
web.answer = (request, response) => {
  asked.push(request.url!);
  const isKnown = request.headers.authorization === AUTHORIZATION && request.url!.endsWith('?sig={1,2},3');
  if (!isKnown) response.writeHead(401).end();
  return !isKnown;
};
for (const name of ['a', 'b']) web.files.set(`/${name}.parquet`, Buffer.from('x'));

/** As a person gives it. */
const given = (path: string): string => `${web.origin.replace('//', '//us:P,{W}@')}/${path}?sig={1,2},3`;

for (const [who, url] of [
  ['by the command line, which keeps what is shown', (path: string) => rememberUrl(given(path))],
  ['by a program, whole', given],
] as const) {
  test.serial(
    `names in braces are asked for with the user, password and query of their URL: given ${who}`,
    async (t) => {
      asked.length = 0;
      const files = await expandInputs([url('{a,b}.parquet')]);
      t.deepEqual(
        files.map(({ path }) => path),
        [`${web.origin}/a.parquet`, `${web.origin}/b.parquet`],
      );
      t.deepEqual(asked.sort(), [
        '/%7Ba,b%7D.parquet?sig={1,2},3',
        '/a.parquet?sig={1,2},3',
        '/b.parquet?sig={1,2},3',
      ]);
      t.deepEqual(
        files.map(({ path }) => askedUrl(path)),
        [given('a.parquet'), given('b.parquet')],
      );
      const error = await t.throwsAsync(expandInputs([url('{a,c}.parquet')]), { code: 'BB_INPUT_NOT_FOUND' });
      t.notRegex(JSON.stringify(error) + error.message, /sig|us:|P,/);
    },
  );
}

test.serial('braces, stars and question marks of a query are no pattern', async (t) => {
  asked.length = 0;
  t.is((await expandInputs([given('a.parquet')])).length, 1);
  t.deepEqual(asked, ['/a.parquet?sig={1,2},3']);
});

test.serial('two URLs of a program of which the same is shown are refused', async (t) => {
  await t.throwsAsync(expandInputs([given('a.parquet'), `${web.origin}/a.parquet`]), { code: 'BB_USAGE' });
});

for (const [who, shown] of [
  ['by the command line, which keeps what is shown', rememberUrl],
  ['by a program, whole', (url: string) => url],
] as const) {
  test.serial(
    `a file that stands in braces too, with another query, is refused and not read by it: given ${who}`,
    async (t) => {
      asked.length = 0;
      const inputs = [`${web.origin}/c.parquet?v=1`, `${web.origin}/{c,d}.parquet?v=2`].map(shown);
      await t.throwsAsync(expandInputs(inputs), { code: 'BB_USAGE', message: /c\.parquet was given twice/ });
      await t.throwsAsync(expandInputs(inputs.toReversed()), { code: 'BB_USAGE' });
      t.deepEqual(asked, []);
    },
  );
}
