import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import { clip } from '../helpers/transforms.ts';

interface Expected {
  readonly width: number;
  readonly height: number;
  /** Pillow's mode. */
  readonly mode: string;
  /** Of the crop that Pillow and torchvision make. */
  readonly sha256: string;
}

// Made with Pillow and torchvision by scripts/make-transform-fixtures.py.
const folder = join(packageFolder, 'test', 'decode', 'fixtures');
const { size, images } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
  size: number;
  images: Record<string, Expected>;
};

const decoder = createDecoder({ transforms: [clip(size)], mode: 'exact', processes: 2, timeoutMs: 600_000 });
test.after.always(() => decoder.stop());

for (const [name, { width, height, mode, sha256 }] of Object.entries(images))
  test(`${name} (${mode}) becomes the crop of Pillow and torchvision, not one pixel differs`, async (t) => {
    const outcome = await decoder.decode(readFileSync(join(folder, name)));
    if (outcome.kind === 'failed') return t.fail(`${outcome.reason}: ${outcome.message}`);
    t.deepEqual([outcome.width, outcome.height], [width, height]);
    t.is(createHash('sha256').update(outcome.crops[0]!).digest('hex'), sha256);
  });

test('there are fixtures of many kinds', (t) => {
  const all = Object.values(images);
  t.true(all.length >= 80);
  t.deepEqual([...new Set(all.map(({ mode }) => mode))].sort(), [
    '1',
    'CMYK',
    'I;16',
    'L',
    'LA',
    'P',
    'RGB',
    'RGBA',
  ]);
});
