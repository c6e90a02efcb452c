import { execFileSync } from 'node:child_process';
import test from 'ava';
import { fromFloat16Bits, toFloat16Bits } from '../../src/base/float16.ts';
import { decodeNpy, encodeNpy } from '../../src/base/npy.ts';

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

test('the header is the one of numpy format 1.0, its data 64-byte aligned', (t) => {
  const file = Buffer.from(encodeNpy('float16', [2, 3], new Float32Array(6)));
  const header = "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }";
  t.is(file.toString('latin1', 0, 8), '\x93NUMPY\x01\x00');
  t.is((10 + file.readUInt16LE(8)) % 64, 0);
  t.is(file.toString('latin1', 10, 10 + file.readUInt16LE(8)), `${header.padEnd(117)}\n`);
  t.is(file.length, 128 + 12);
});

test('what is written reads back, for empty and one-dimensional arrays too', (t) => {
  const data = Float32Array.of(0.5, -1.25, 3, 4, 5, 6);
  t.deepEqual(decodeNpy(encodeNpy('float32', [1, 6], data)), { dtype: 'float32', shape: [1, 6], data });
  t.deepEqual(decodeNpy(encodeNpy('float16', [6], data)), { dtype: 'float16', shape: [6], data });
  t.deepEqual(decodeNpy(encodeNpy('float16', [0, 768], new Float32Array())).shape, [0, 768]);
});

test('files that are cut, foreign or of other types are refused', (t) => {
  const good = encodeNpy('float32', [2], Float32Array.of(1, 2));
  const other = Buffer.from(good);
  other.write('<f8', other.indexOf('<f4'), 'latin1');
  for (const bytes of [good.subarray(0, good.length - 1), good.subarray(0, 5), Buffer.alloc(200), other]) {
    t.throws(() => decodeNpy(bytes), { code: 'BB_INPUT_FORMAT' });
  }
});

test('numpy reads the same values and rounds the same way', (t) => {
  const script = `import sys, io, numpy as np
data = np.load(io.BytesIO(sys.stdin.buffer.read()))
wide = np.random.default_rng(7).standard_normal(200000).astype(np.float32) * np.float32(10) ** np.arange(-8, 5).repeat(15385)[:200000].astype(np.float32)
out = np.concatenate([wide.view(np.uint8), wide.astype(np.float16).view(np.uint8)])
sys.stdout.buffer.write(bytes([data.shape == (2, 3) and data.dtype == np.float16 and float(data.sum()) == 21.0]) + out.tobytes())`;
  let output: Buffer;
  try {
    const file = encodeNpy('float16', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
    output = execFileSync('python3', ['-W', 'ignore', '-c', script], {
      input: file,
      maxBuffer: 4e6,
      stdio: 'pipe',
    });
  } catch {
    t.log('skipped: no python3 with numpy here');
    t.pass();
    return;
  }
  const bytes = Uint8Array.from(output.subarray(1)).buffer;
  t.is(output[0], 1);
  t.deepEqual(toFloat16Bits(new Float32Array(bytes, 0, 200_000)), new Uint16Array(bytes, 800_000));
});
