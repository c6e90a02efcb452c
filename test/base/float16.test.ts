import test from 'ava';
import fc from 'fast-check';
import { setRoundedToOdd, toFloat16Bits } from '../../src/base/float16.ts';
import { nearestHalf } from '../store/kv-oracle.ts';

function halfOf(value: number): number {
  const single = new Float32Array(1);
  setRoundedToOdd(single, Float64Array.of(value));
  return toFloat16Bits(single)[0]!;
}

test('a float64 reaches the float16 nearest to it, also from beside the middle of two', (t) => {
  const anywhere = fc.double({ min: -65519, max: 65519, noNaN: true });
  // The middle of two float16, and float64 that float32 cannot tell from it.
  const middle = fc
    .record({
      n: fc.integer({ min: 1024, max: 2047 }),
      exponent: fc.integer({ min: -26, max: 4 }),
      step: fc.integer({ min: -3, max: 3 }),
    })
    .map(({ n, exponent, step }) => ((2 * n + 1) / 2048 + step * 2 ** -40) * 2 ** exponent);
  fc.assert(
    fc.property(fc.oneof(anywhere, middle), (value) => {
      t.is(halfOf(value), nearestHalf(value), String(value));
      t.is(halfOf(-value), nearestHalf(-value), String(-value));
    }),
    { numRuns: 2000 },
  );
  // Rounded twice to the nearest, this one would lose its last bit.
  const above = 1 + 2 ** -11 + 2 ** -40;
  t.is(toFloat16Bits(Float32Array.of(above))[0], 0x3c00);
  t.is(halfOf(above), 0x3c01);
});

test('float32 values, null and infinity stay as they are', (t) => {
  const values = Float32Array.of(0, -0, 7.1, -1e-45, 3.4e38, Number.POSITIVE_INFINITY, Number.NaN);
  const target = new Float32Array(values.length + 1).fill(9);
  setRoundedToOdd(target, Float64Array.from(values));
  t.deepEqual(target, Float32Array.of(...values, 9));
});

test('what is too great or too small for float32 stays on its side', (t) => {
  const target = new Float32Array(4);
  setRoundedToOdd(target, Float64Array.of(1e300, -1e300, 1e-300, -1e-300));
  t.deepEqual([...toFloat16Bits(target)], [0x7c00, 0xfc00, 0, 0x8000]);
});
