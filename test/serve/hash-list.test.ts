import test from 'ava';
import fc from 'fast-check';
import { hashesOfJson, hashesOfOctets } from '../../src/serve/hash-list.ts';
import { scanHashes } from '../../src/serve/hash-scanner.ts';

const MAX = 10_000;
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 });

test('the scanner reads every list of hashes, in whatever white space', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(int64, space, space)), space, (items, around) => {
      const list = items.map(([hash, before, after]) => `${before}"${hash}"${after}`).join();
      const body = `${around}{${around}"hashes"${around}:${around}[${list || around}]${around}}${around}`;
      const hashes = scanHashes(Buffer.from(body), MAX);
      t.deepEqual(
        hashes && [...hashes],
        items.map(([hash]) => hash),
      );
    }),
    { numRuns: 500 },
  );
});

test('the scanner takes digits only where they are a number of 64 bits', (t) => {
  const digits = fc
    .tuple(fc.constantFrom('', '-'), fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 21 }))
    .map((parts) => parts.join(''));
  const nearLimits = fc
    .tuple(
      fc.constantFrom(2n ** 64n, 2n ** 63n, -(2n ** 63n), 10n ** 10n, 2n ** 32n),
      fc.bigInt({ min: -3n, max: 3n }),
    )
    .map(([limit, offset]) => String(limit + offset));
  fc.assert(
    fc.property(fc.oneof(digits, nearLimits), (text) => {
      const hashes = scanHashes(Buffer.from(`{"hashes":["${text}"]}`), MAX);
      const number = /^-?\d+$/.test(text) ? BigInt(text) : undefined;
      if (number === undefined || number < -(2n ** 63n) || number >= 2n ** 64n)
        return t.is(hashes, undefined);
      // Longer than any hash needs: left to the slow reader.
      if (text.replace('-', '').length <= 20) t.deepEqual(hashes && [...hashes], [BigInt.asIntN(64, number)]);
      return undefined;
    }),
    { numRuns: 2000 },
  );
});

test('a body that differs by a byte is read as JSON.parse reads it, or refused', (t) => {
  const whole = '{ "hashes" : ["-123", "5", "9223372036854775807"] }';
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.nat(2),
      fc.string({ unit: 'grapheme-ascii', maxLength: 2 }),
      (at, removed, added) => {
        const body = whole.slice(0, at) + added + whole.slice(at + removed);
        const expected = readByJsonParse(body);
        const read = (): bigint[] => [...hashesOfJson(Buffer.from(body), MAX)];
        if (expected === undefined) t.throws(read, { name: 'HttpError' }, body);
        else t.deepEqual(read(), expected, body);
      },
    ),
    { numRuns: 3000 },
  );
});

/** By the rules of docs/serve.md; undefined where they refuse. */
function readByJsonParse(body: string): bigint[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'hashes') return undefined;
  const { hashes } = value as { hashes: unknown };
  if (!Array.isArray(hashes)) return undefined;
  const numbers = hashes.map((hash) =>
    typeof hash === 'string' && /^-?\d{1,20}$/.test(hash) ? BigInt(hash) : undefined,
  );
  const fits = (hash?: bigint): hash is bigint =>
    hash !== undefined && hash >= -(2n ** 63n) && hash < 2n ** 64n;
  return numbers.every(fits) ? numbers.map((hash) => BigInt.asIntN(64, hash)) : undefined;
}

test('more hashes than allowed are refused by their number', (t) => {
  const body = (count: number): Buffer =>
    Buffer.from(JSON.stringify({ hashes: Array.from({ length: count }, (_, i) => `${i}`) }));
  t.is(hashesOfJson(body(100), 100).length, 100);
  t.throws(() => hashesOfJson(body(101), 100), { code: 'BB_HTTP_TOO_LARGE', message: /101/ });
});

test('int64 bytes are read wherever they lie, and refused in part', (t) => {
  const bytes = Buffer.alloc(32);
  [-123n, 5n, -(2n ** 63n)].forEach((hash, i) => {
    bytes.writeBigInt64LE(hash, 3 + 8 * i);
  });
  t.deepEqual([...hashesOfOctets(bytes.subarray(3, 27))], [-123n, 5n, -(2n ** 63n)]);
  t.throws(() => hashesOfOctets(bytes.subarray(3, 26)), { code: 'BB_HTTP_BODY' });
});
