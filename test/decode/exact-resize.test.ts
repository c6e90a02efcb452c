import test from 'ava';
import fc from 'fast-check';
import { type Pixels, resizeAndCrop } from '../../src/decode/exact-resize.ts';
import { cropGeometry } from '../../src/decode/transform.ts';
import { clip } from '../helpers/transforms.ts';
import { referenceResizeAndCrop } from './resize-reference.ts';

/** Extremes of black and white overshoot most, so they test the clamping. */
function noise(seed: number, length: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const value = state >>> 24;
    return value < 64 ? 0 : value > 192 ? 255 : value;
  });
}

function cropOf(image: Pixels, size: number): Uint8Array {
  return resizeAndCrop(image, cropGeometry(image, clip(size)), false);
}

const sides = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 160 }));

test('the kernel equals the plain twin on any size, ratio and content', (t) => {
  fc.assert(
    fc.property(
      fc.record({
        width: sides,
        height: sides,
        size: fc.integer({ min: 1, max: 40 }),
        channels: fc.constantFrom(3 as const, 4 as const),
        seed: fc.nat(),
      }),
      ({ width, height, size, channels, seed }) => {
        const data = noise(seed, width * height * channels);
        const crop = cropOf({ data, width, height, channels }, size);
        return Buffer.from(crop).equals(referenceResizeAndCrop({ data, width, height }, channels, size));
      },
    ),
    { numRuns: 150, seed: 20261121 },
  );
  t.pass();
});

for (const [width, height] of [
  [1, 1],
  [1, 40],
  [50, 1],
  [223, 224],
  [225, 224],
  [224, 224],
  [640, 480],
  [333, 1201],
] as const)
  test(`the kernel equals the plain twin at 224 from ${width} x ${height}`, (t) => {
    const data = noise(width * 31 + height, width * height * 3);
    const crop = cropOf({ data, width, height, channels: 3 }, 224);
    t.true(Buffer.from(crop).equals(referenceResizeAndCrop({ data, width, height }, 3, 224)));
  });

test('a crop of a huge strip touches no more than it needs', (t) => {
  const width = 6_000_000;
  const data = new Uint8Array(width * 3).fill(200);
  const crop = cropOf({ data, width, height: 1, channels: 3 }, 224);
  t.true(crop.every((value) => value === 200));
});

test('sizes and corners are what torchvision computes', (t) => {
  // int(224 * long / short) and int(round((side - 224) / 2)), evaluated with Python 3.11.
  for (const [width, height, resizedWidth, resizedHeight, left, top] of [
    [500, 400, 280, 224, 28, 0],
    [400, 403, 224, 225, 0, 0],
    [227, 224, 227, 224, 2, 0],
    [229, 224, 229, 224, 2, 0],
    [1, 3, 224, 672, 0, 224],
  ] as const) {
    const geometry = {
      resizedWidth,
      resizedHeight,
      left,
      top,
      sizePx: 224,
      interpolation: 'bicubic' as const,
    };
    t.deepEqual(cropGeometry({ width, height }, clip(224)), geometry);
  }
});

test('a crop may be smaller than the short side, and squashing leaves nothing to crop', (t) => {
  const size = { width: 500, height: 400 };
  t.like(cropGeometry(size, { ...clip(224), shortSidePx: 256 }), {
    resizedWidth: 320,
    resizedHeight: 256,
    left: 48,
    top: 16,
  });
  t.like(cropGeometry(size, { ...clip(224), resize: 'squash' }), {
    resizedWidth: 224,
    resizedHeight: 224,
    left: 0,
    top: 0,
  });
});
