import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { createDecoder } from '../../src/decode/decoder.ts';

const CASES = fileURLToPath(new URL('../../../../shared/cases/', import.meta.url));

const decoder = createDecoder({ size: 224, mode: 'exact', processes: 1 });
test.after.always(() => decoder.stop());

/** A file of a case; undefined, with the reason in the log, where the cases are not there. */
function caseOf(t: ExecutionContext, ...name: string[]): Buffer | undefined {
  const path = join(CASES, ...name);
  if (existsSync(path)) return readFileSync(path);
  t.log(`skipped: ${path} is not there`);
  t.pass();
  return undefined;
}

test("19: a GIF has its logical screen's size", async (t) => {
  const bytes = caseOf(t, '19-gif-screen', 'a640x480.gif');
  if (bytes) t.like(await decoder.decode(bytes), { kind: 'decoded', width: 640, height: 480 });
});

for (const name of ['webp_63m.webp', 'avif_63m.avif'])
  test(`20: ${name} is refused by its header`, async (t) => {
    const bytes = caseOf(t, '20-tiny-bombs', name);
    if (bytes) t.like(await decoder.decode(bytes), { kind: 'failed', reason: 'image_too_compressed' });
  });
