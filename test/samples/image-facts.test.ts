import test from 'ava';
import { readDigest } from '../../src/samples/image-facts.ts';

test('a digest is read from its hexadecimal digits, whatever their case, and from nothing else', (t) => {
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  t.is(readDigest(md5, 'md5'), md5);
  t.is(readDigest(` ${md5.toUpperCase()}\n`, 'md5'), md5);
  t.is(readDigest('0'.repeat(64), 'sha256'), '0'.repeat(64));
  t.is(readDigest('f'.repeat(128), 'sha512'), 'f'.repeat(128));
  for (const text of [null, '', 'NA', md5.slice(1), `${md5}0`, md5.replace('d', 'g')])
    t.is(readDigest(text, 'md5'), undefined, String(text));
  t.is(readDigest(md5, 'sha256'), undefined);
});
