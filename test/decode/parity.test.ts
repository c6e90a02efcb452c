import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import type { Transform } from '../../src/decode/transform.ts';
import { clip } from '../helpers/transforms.ts';

interface Expected {
  readonly width: number;
  readonly height: number;
  /** Pillow's mode. */
  readonly mode: string;
  /** Of the crop that Pillow and torchvision make. */
  readonly sha256: string;
  /** Of those of `OTHERS`, one after the other. */
  readonly others: string;
}

/** CLIP at 336 and 384, DINOv2, SigLIP and SigLIP 2, LAION's watermark detector. */
const OTHERS: readonly Transform[] = [
  clip(336),
  clip(384),
  { ...clip(224), shortSidePx: 256 },
  { ...clip(224), resize: 'squash' },
  { sizePx: 384, resize: 'squash', interpolation: 'bilinear' },
  { sizePx: 256, resize: 'squash', interpolation: 'bilinear' },
];

// Made with Pillow and torchvision by scripts/make-transform-fixtures.py.
const folder = join(packageFolder, 'test', 'decode', 'fixtures');
const { size, images } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
  size: number;
  images: Record<string, Expected>;
};

const decoder = createDecoder({
  transforms: [clip(size), ...OTHERS],
  mode: 'exact',
  processes: 2,
  timeoutMs: 600_000,
});
test.after.always(() => decoder.stop());

for (const [name, { width, height, mode, sha256, others }] of Object.entries(images))
  test(`${name} (${mode}) becomes the crops of Pillow and torchvision, not one pixel differs`, async (t) => {
    const outcome = await decoder.decode(readFileSync(join(folder, name)));
    if (outcome.kind === 'failed') return t.fail(`${outcome.reason}: ${outcome.message}`);
    t.deepEqual([outcome.width, outcome.height], [width, height]);
    const [first, ...rest] = outcome.crops;
    t.is(digestOf([first!]), sha256);
    t.is(digestOf(rest), others);
  });

function digestOf(crops: readonly Uint8Array[]): string {
  return createHash('sha256').update(Buffer.concat(crops)).digest('hex');
}

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
