import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { type AskedFacts, createDecoder, type Decoder } from '../../src/decode/decoder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { clip } from '../helpers/transforms.ts';

function decoderOf(t: ExecutionContext, asked: AskedFacts): Decoder {
  const limits = { minSidePx: 30 };
  const decoder = createDecoder({ transforms: [clip(8)], mode: 'exact', processes: 1, limits, asked });
  t.teardown(() => decoder.stop());
  return decoder;
}

const digestOf = (type: string, bytes: Uint8Array): string => createHash(type).update(bytes).digest('hex');

test('the digest is of the bytes as they came, whether or not they are an image that is taken', async (t) => {
  const decoder = decoderOf(t, { digest: 'sha512', exif: true });
  const picture = await makePicture(1, 40, 30);
  const decoded = await decoder.decode(picture);
  t.like(decoded, { kind: 'decoded', facts: { digest: digestOf('sha512', picture), exif: '{}' } });
  const small = await makePicture(1, 40, 29);
  const facts = { digest: digestOf('sha512', small), exif: null };
  t.like(await decoder.decode(small), { reason: 'image_too_small', facts });
  t.like(await decoder.decode(Buffer.from('<html>')), {
    ...{ reason: 'format_unsupported', facts: { digest: digestOf('sha512', Buffer.from('<html>')) } },
  });
});

test('a file with another digest than the expected one fails before it is looked at, one with that digest is decoded', async (t) => {
  const decoder = decoderOf(t, { digest: 'sha256', verified: 'md5', exif: true });
  const picture = await makePicture(2, 40, 30);
  const facts = { digest: digestOf('sha256', picture) };
  t.like(await decoder.decode(picture, digestOf('md5', picture)), { kind: 'decoded', facts });
  for (const expected of [digestOf('sha256', picture), digestOf('md5', Buffer.of(1)), undefined])
    t.deepEqual(await decoder.decode(picture, expected), {
      ...{
        kind: 'failed',
        reason: 'hash_mismatch',
        message: 'hash mismatch',
        facts: { ...facts, exif: null, phash: null },
      },
    });
  t.like(await decoder.decode(Buffer.from('<html>'), digestOf('md5', picture)), { reason: 'hash_mismatch' });
});

test('what is not asked for is not told', async (t) => {
  const picture = await makePicture(3, 40, 30);
  const verifying = decoderOf(t, { verified: 'md5', exif: false });
  const outcome = await verifying.decode(picture, digestOf('md5', picture));
  t.deepEqual(outcome.facts, { digest: null, exif: null, phash: null });
});
