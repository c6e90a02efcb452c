import { createHash } from 'node:crypto';
import test from 'ava';
import { areCornersRounded, goldenPictures, swapRedAndBlue, toBmp } from '../../src/check/golden-pictures.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import { EXPECTED } from './golden-rows.ts';

test('the pictures are those that scripts/make-golden.py makes, to the last bit', (t) => {
  for (const [sizePx, expected] of Object.entries(EXPECTED.pictures)) {
    const digests = goldenPictures(Number(sizePx)).map(({ pixels }) =>
      createHash('sha256').update(pixels).digest('hex'),
    );
    t.deepEqual(digests, expected, `${sizePx} pixels`);
  }
});

test('a picture comes out of its BMP file as it went in', async (t) => {
  // Three times an odd number of pixels is no multiple of four, so that rows are filled up.
  for (const sizePx of [16, 15]) {
    const transform = { sizePx, resize: 'squash', interpolation: 'bicubic' } as const;
    const decoder = createDecoder({ transforms: [transform], mode: 'exact', processes: 1 });
    t.teardown(() => decoder.stop());
    const [square] = goldenPictures(sizePx);
    const decoded = await decoder.decode(toBmp(square!));
    t.is(decoded.kind, 'decoded');
    t.deepEqual(decoded.kind === 'decoded' && Buffer.from(decoded.crops[0]!), Buffer.from(square!.pixels));
  }
});

test('red and blue change places, and green stays', (t) => {
  t.deepEqual(swapRedAndBlue(Uint8Array.of(1, 2, 3, 4, 5, 6)), Uint8Array.of(3, 2, 1, 6, 5, 4));
});

test('a picture whose sides differ by 3 more than a multiple of 4 from the crop shows how its corner is rounded', (t) => {
  const base = { interpolation: 'bicubic', mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const cropped = { ...base, resize: 'short-side' } as const;
  // The small picture is 52 x 39: resized to 149 x 112, 51 pixels are cut off its width.
  t.true(areCornersRounded({ ...cropped, sizePx: 98, shortSidePx: 112 }));
  t.false(areCornersRounded({ ...base, resize: 'squash', sizePx: 98 }));
  t.false(areCornersRounded({ ...cropped, sizePx: 224 }));
  t.false(areCornersRounded({ ...cropped, sizePx: 224, shortSidePx: 256 }));
});
