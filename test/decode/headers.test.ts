import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { packageFolder } from '../../src/base/package.ts';
import { openers } from '../../src/decode/formats.ts';
import { readJpegHeader } from '../../src/decode/jpeg.ts';
import { DEFAULT_LIMITS } from '../../src/decode/limits.ts';

const jpeg = readFileSync(join(packageFolder, 'test', 'decode', 'fixtures', 'jpeg-icc-srgb.jpg'));
const SIZE_AND_KIND = { width: 300, height: 240, kind: 'colour' } as const;

test('a JPEG frame header is found behind profiles and fill bytes', (t) => {
  t.like(readJpegHeader(jpeg), SIZE_AND_KIND);
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const filled = Buffer.concat([jpeg.subarray(0, frame), Buffer.alloc(5, 0xff), jpeg.subarray(frame)]);
  t.like(readJpegHeader(filled), SIZE_AND_KIND);
});

test('every frame header from SOF0 to SOF15 is one, and no other marker among them is', (t) => {
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const found = Array.from({ length: 18 }, (_, i) => 0xbf + i).filter((marker) => {
    const changed = Buffer.from(jpeg.subarray(0, frame + 12));
    changed[frame + 1] = marker;
    return readJpegHeader(changed) !== undefined;
  });
  t.deepEqual(
    found.map((marker) => marker.toString(16)),
    ['c0', 'c1', 'c2', 'c3', 'c5', 'c6', 'c7', 'c9', 'ca', 'cb', 'cd', 'ce', 'cf'],
  );
});

test('a JPEG that is cut before its frame header has none', (t) => {
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  for (let end = 0; end < frame + 10; end += 7)
    t.is(readJpegHeader(jpeg.subarray(0, end)), undefined, String(end));
});

const MAGICS: Readonly<Record<keyof typeof openers, string>> = {
  jpeg: '\xff\xd8\xff',
  png: '\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR',
  webp: 'RIFF\xff\x0f\0\0WEBPVP8X',
  gif: 'GIF89a',
  tiff: 'II*\0\x08\0\0\0\x02\0',
  avif: '\0\0\0\x10ftypavif\0\0\0\0\0\0\0\x80meta\0\0\0\0',
  bmp: 'BM\xff\xff\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0',
  ico: '\0\0\x01\0\x01\0',
};

test('no bytes make a header reader fail in another way than by refusing the image', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(...(Object.keys(MAGICS) as (keyof typeof openers)[])),
      async (tail, format) => {
        const bytes = Buffer.concat([Buffer.from(MAGICS[format], 'latin1'), tail]);
        try {
          await openers[format](bytes, DEFAULT_LIMITS);
        } catch (thrown) {
          if (thrown instanceof RangeError || thrown instanceof TypeError) throw thrown;
        }
      },
    ),
    { seed: 20261121, numRuns: 2000 },
  );
  t.pass();
});
