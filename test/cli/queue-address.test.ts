import test from 'ava';
import { queueUrl } from '../../src/cli/queue-address.ts';

test('an address of a queue names a server, and a database by its number', (t) => {
  for (const url of ['redis://head:6379', 'rediss://:secret@head', 'redis://head:6379/', 'redis://head/2'])
    t.is(queueUrl(url), url);
  for (const url of ['head:6379', 'http://head', 'redis://head/1x', 'redis://head/-1', 'redis://head/foo'])
    t.throws(() => queueUrl(url), { code: 'BB_USAGE' });
  const { message } = t.throws(() => queueUrl('redis://:secret@head/foo'), {
    message: /number of a database/,
  });
  t.notRegex(message, /secret/);
  for (const text of [
    'x:ZJ/QX@head',
    'redis:/x:ZJ@QX@head',
    'redis://x:ZJ#QX@head/foo',
    'head?password=ZJ',
  ]) {
    const error = t.throws(() => queueUrl(text), {
      code: 'BB_USAGE',
      message: /not "(redis:\/+)?head(\/foo)?"/,
    });
    t.notRegex(error.message, /ZJ|QX/);
  }
  t.throws(() => queueUrl(undefined), { code: 'BB_USAGE', message: /^--queue is missing/ });
});
