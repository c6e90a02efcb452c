import { readFileSync } from 'node:fs';
import test from 'ava';
import { createDecoder } from '../../src/decode/decoder.ts';
import { caseOf } from '../helpers/cases.ts';
import { clip } from '../helpers/transforms.ts';

const decoder = createDecoder({ transforms: [clip(224)], mode: 'exact', processes: 1 });
test.after.always(() => decoder.stop());

test("19: a GIF has its logical screen's size", async (t) => {
  const path = caseOf(t, '19-gif-screen', 'a640x480.gif');
  if (path) t.like(await decoder.decode(readFileSync(path)), { kind: 'decoded', width: 640, height: 480 });
});

for (const name of ['webp_63m.webp', 'avif_63m.avif'])
  test(`20: ${name} is refused by its header`, async (t) => {
    const path = caseOf(t, '20-tiny-bombs', name);
    if (path)
      t.like(await decoder.decode(readFileSync(path)), { kind: 'failed', reason: 'image_too_compressed' });
  });
