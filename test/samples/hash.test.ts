import test from 'ava';
import fc from 'fast-check';
import { hashTexts } from '../../src/samples/hash.ts';
import { murmur3LowBits } from '../helpers/murmur3-bigint.ts';

const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');

test('the hash equals the published vectors of the LAION sets', (t) => {
  const texts = ['', 'a', 'ab', 'https://x.y/é.jpgnaïve 😀'].map(utf8);
  t.deepEqual(
    [...hashTexts(texts)],
    [0n, -8839064797231613815n, -7815133031266706642n, -2400417957643402264n],
  );
});

test('the hash agrees with a plain BigInt implementation on bytes of every length', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 40 }), (texts) => {
      t.deepEqual([...hashTexts(texts)], texts.map(murmur3LowBits));
    }),
  );
});

test('a leading byte order mark counts', (t) => {
  const [plain, marked] = hashTexts([utf8('http://a.b/c'), utf8('\ufeffhttp://a.b/c')]);
  t.not(plain, marked);
  t.is(marked, murmur3LowBits(utf8('\ufeffhttp://a.b/c')));
});

test('texts larger than one run of the kernel are hashed like small ones', (t) => {
  const large = new Uint8Array(9_000_000).map((_, i) => i * 31);
  const texts = [utf8('before'), large, utf8('after')];
  t.deepEqual([...hashTexts(texts)], texts.map(murmur3LowBits));
});
