import test from 'ava';
import fc from 'fast-check';
import { fromFloat16Bits, setRoundedToOdd, toFloat16Bits } from '../../src/base/float16.ts';
import { nearestHalf } from '../store/kv-oracle.ts';

const FACTS: [value: number, bits: number][] = [
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [1 / 3, 0x3555],
  [65504, 0x7bff],
  [65519.99, 0x7bff],
  [65520, 0x7c00],
  [Number.POSITIVE_INFINITY, 0x7c00],
  [Number.NEGATIVE_INFINITY, 0xfc00],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [2 ** -25 * 1.001, 0x0001],
  [1.5 * 2 ** -24, 0x0002],
  [2 ** -14 - 2 ** -24, 0x03ff],
  [2 ** -14 - 2 ** -25, 0x0400],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  [2 - 2 ** -11, 0x4000],
  [2 ** -149, 0x0000],
  [2049, 0x6800],
  [2051, 0x6802],
];

function halfOf(value: number): number {
  const single = new Float32Array(1);
  setRoundedToOdd(single, Float64Array.of(value));
  return toFloat16Bits(single)[0]!;
}

test('float32 becomes the binary16 that IEEE 754 asks for, ties to even', (t) => {
  const bits = toFloat16Bits(Float32Array.from(FACTS, ([value]) => value));
  t.deepEqual(
    Array.from(bits, (half) => half.toString(16)),
    FACTS.map(([, half]) => half.toString(16)),
  );
});

test('a NaN stays one, and no NaN becomes an infinity', (t) => {
  const signalling = new Float32Array(new Uint32Array([0x7f800001]).buffer);
  for (const nan of [Float32Array.of(Number.NaN), signalling]) {
    t.true(Number.isNaN(fromFloat16Bits(toFloat16Bits(nan))[0]));
  }
});

test('every binary16 survives the way to float32 and back', (t) => {
  const halves = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter(
    (half) => (half & 0x7fff) <= 0x7c00,
  );
  t.deepEqual(toFloat16Bits(fromFloat16Bits(halves)), halves);
});

test('a value between two neighbouring binary16 goes to the nearer one', (t) => {
  const halves = Uint16Array.from({ length: 0x7bff }, (_, i) => i);
  const lower = fromFloat16Bits(halves);
  const upper = fromFloat16Bits(halves.map((half) => half + 1));
  const below = lower.map((value, i) => value + (upper[i]! - value) * 0.4375);
  const above = lower.map((value, i) => value + (upper[i]! - value) * 0.5625);
  t.deepEqual(toFloat16Bits(below), halves);
  t.deepEqual(
    toFloat16Bits(above),
    halves.map((half) => half + 1),
  );
});

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
