import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { packageFolder } from '../../src/base/package.ts';
import { readHeader } from '../../src/decode/header.ts';

const jpeg = readFileSync(join(packageFolder, 'test', 'decode', 'fixtures', 'jpeg-icc-srgb.jpg'));
const SIZE_AND_KIND = { width: 300, height: 240, kind: 'colour' } as const;

test('a JPEG frame header is found behind profiles and fill bytes', (t) => {
  t.deepEqual(readHeader(jpeg, 'jpeg'), SIZE_AND_KIND);
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const filled = Buffer.concat([jpeg.subarray(0, frame), Buffer.alloc(5, 0xff), jpeg.subarray(frame)]);
  t.deepEqual(readHeader(filled, 'jpeg'), SIZE_AND_KIND);
});

test('a JPEG that is cut before its frame header has none, and no bytes make the reader fail', (t) => {
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  for (let end = 0; end < frame + 10; end += 7)
    t.is(readHeader(jpeg.subarray(0, end), 'jpeg'), undefined, String(end));
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom('jpeg' as const, 'png' as const),
      (tail, format) => {
        readHeader(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), tail]), format);
      },
    ),
    { seed: 20261121 },
  );
});
