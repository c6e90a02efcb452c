import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import { withPreload } from '../helpers/preload.ts';
import { clip } from '../helpers/transforms.ts';
import { until } from '../helpers/until.ts';
import { blackPng, claimJpegSize } from './crafted.ts';

const decoder = createDecoder({ transforms: [clip(224)], mode: 'exact', processes: 1 });
test.after.always(() => decoder.stop());

function fixture(name: string): Buffer {
  return readFileSync(join(packageFolder, 'test', 'decode', 'fixtures', name));
}

async function reasonFor(bytes: Uint8Array): Promise<string> {
  const outcome = await decoder.decode(bytes);
  return outcome.kind === 'failed' ? outcome.reason : 'decoded';
}

const CUTTABLE = [
  'jpeg-500x400.jpg',
  'jpeg-420-progressive.jpg',
  'png-640x360.png',
  'png-palette.png',
  'webp-500x400.webp',
  'webp-lossless.webp',
  'gif-palette.gif',
  'tiff-lzw.tif',
];
for (const name of CUTTABLE)
  test(`${name} cut anywhere is refused as image_broken`, async (t) => {
    const whole = fixture(name);
    for (const part of [0.01, 0.1, 0.5, 0.9, 0.98]) {
      const cut = whole.subarray(0, Math.max(Math.trunc(whole.length * part), 16));
      t.is(await reasonFor(cut), 'image_broken', `cut to ${cut.length} of ${whole.length} bytes`);
    }
  });

const MAGICS: Record<string, Buffer> = {
  JPEG: Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  PNG: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  WebP: Buffer.from('RIFF\xff\x0f\0\0WEBPVP8 ', 'latin1'),
  GIF: Buffer.from('GIF89a', 'latin1'),
  TIFF: Buffer.from('II*\0', 'latin1'),
  AVIF: Buffer.from('\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf', 'latin1'),
};
for (const [name, magic] of Object.entries(MAGICS))
  test(`garbage that begins as ${name} is refused as image_broken`, async (t) => {
    const garbage = Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) >> 3);
    t.is(await reasonFor(Buffer.concat([magic, garbage])), 'image_broken');
    t.is(await reasonFor(magic), 'image_broken');
  });

test('a bomb of 256 megapixels is refused by its header', async (t) => {
  const bomb = blackPng(16_000, 16_000);
  t.true(bomb.length < 100_000);
  t.deepEqual(await decoder.decode(bomb), {
    kind: 'failed',
    reason: 'image_too_large',
    message: 'image area too large: more than 64000000 pixels',
  });
});

test('a size that is only claimed is refused as well', async (t) => {
  t.is(await reasonFor(claimJpegSize(fixture('jpeg-500x400.jpg'), 65_500, 65_500)), 'image_too_large');
});

test('the pixel limit is the one that was asked for', async (t) => {
  const strict = createDecoder({
    transforms: [clip(8)],
    mode: 'exact',
    processes: 1,
    limits: { maxAreaPx: 10_000 },
  });
  t.teardown(() => strict.stop());
  t.is((await strict.decode(blackPng(100, 100))).kind, 'decoded');
  const outcome = await strict.decode(blackPng(101, 100));
  t.is(outcome.kind === 'failed' && outcome.reason, 'image_too_large');
});

test('after all of this the same process decodes on', async (t) => {
  t.is(decoder.pids.length, 1);
  t.is(await reasonFor(fixture('jpeg-64x48.jpg')), 'decoded');
});

test('an image that takes too long fails as decode_timeout and costs no other', async (t) => {
  const hasty = createDecoder({ transforms: [clip(224)], mode: 'exact', processes: 1, timeoutMs: 80 });
  t.teardown(() => hasty.stop());
  const outcome = await hasty.decode(blackPng(8_000, 8_000));
  t.is(outcome.kind === 'failed' && outcome.reason, 'decode_timeout');
  // On a busy machine even the smallest image may need longer than that, now and then.
  await until(async () => (await hasty.decode(fixture('jpeg-1x1.jpg'))).kind === 'decoded');
});

test.serial(
  'an image that kills two processes fails as decoder_crashed, and its neighbours are decoded',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'bowerbird-decode-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const crashed: string[] = [];
    // Dies of the first piece of a large file; small ones come through.
    const dies = `const { Socket } = require('node:net');
    const { on } = Socket.prototype;
    Socket.prototype.on = function (name, listener) {
      return on.call(this, name, name !== 'data' ? listener : (chunk) => {
        if (chunk.length > 20000) process.kill(process.pid, 'SIGKILL');
        listener(chunk);
      });
    };`;
    await withPreload(folder, dies, async () => {
      const fragile = createDecoder({
        transforms: [clip(224)],
        mode: 'exact',
        processes: 1,
        onCrash: ({ code }) => crashed.push(code),
      });
      t.teardown(() => fragile.stop());
      const [deadly, small] = await Promise.all([
        fragile.decode(fixture('jpeg-2000x1500.jpg')),
        fragile.decode(fixture('jpeg-1x1.jpg')),
      ]);
      t.is(deadly.kind === 'failed' && deadly.reason, 'decoder_crashed');
      t.is(small.kind, 'decoded');
    });
    t.deepEqual(crashed, ['BB_CHILD_CRASHED', 'BB_CHILD_CRASHED']);
  },
);

test.serial('a decoder that cannot start says so when it is tried out, and blames no image', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-decode-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const dies = "process.stderr.write('the library is gone\\n'); process.kill(process.pid);";
  await withPreload(folder, dies, async () => {
    const gone = createDecoder({ transforms: [clip(224)], mode: 'exact', processes: 2 });
    t.teardown(() => gone.stop());
    const error = await t.throwsAsync(gone.tryOut(), { code: 'BB_DECODER_FAILED' });
    t.regex(error?.message ?? '', /3 times in a row.*the library is gone/s);
    await t.throwsAsync(gone.decode(fixture('jpeg-1x1.jpg')), { code: 'BB_CHILD_START' });
  });
  await t.notThrowsAsync(decoder.tryOut());
  const choosy = createDecoder({
    transforms: [clip(224)],
    mode: 'exact',
    processes: 1,
    limits: { minSidePx: 200 },
  });
  t.teardown(() => choosy.stop());
  await t.notThrowsAsync(choosy.tryOut());
});

test('a process killed at work loses no image', async (t) => {
  const crashed: string[] = [];
  const pool = createDecoder({
    transforms: [clip(224)],
    mode: 'exact',
    processes: 2,
    onCrash: ({ code }) => crashed.push(code),
  });
  t.teardown(() => pool.stop());
  const large = fixture('jpeg-2000x1500.jpg');
  await pool.decode(large);
  const outcomes = Array.from({ length: 30 }, () => pool.decode(large));
  process.kill(pool.pids[0]!, 'SIGKILL');
  t.true((await Promise.all(outcomes)).every(({ kind }) => kind === 'decoded'));
  t.deepEqual(crashed, ['BB_CHILD_CRASHED']);
});

test('an image in work when the decoder is stopped has no outcome', async (t) => {
  const stopped = createDecoder({ transforms: [clip(224)], mode: 'exact', processes: 1 });
  const outcome = stopped.decode(blackPng(8_000, 8_000));
  await Promise.all([t.throwsAsync(outcome), stopped.stop()]);
});
