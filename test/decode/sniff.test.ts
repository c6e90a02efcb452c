import test from 'ava';
import { createDecoder } from '../../src/decode/decoder.ts';
import { sniff } from '../../src/decode/sniff.ts';
import { clip } from '../helpers/transforms.ts';

function named(head: string): string {
  return sniff(Buffer.from(head, 'latin1')).name;
}

test('what is no image, or none that is decoded, is refused and named', async (t) => {
  const decoder = createDecoder({ transforms: [clip(224)], mode: 'exact', processes: 1 });
  t.teardown(() => decoder.stop());
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
  const outcome = await decoder.decode(Buffer.from(svg));
  t.deepEqual(outcome, {
    kind: 'failed',
    reason: 'format_unsupported',
    message: 'It looks like SVG; supported are JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, ICO',
  });
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(5000), Buffer.from('<!DOCTYPE html><p>gone')]) {
    const refused = await decoder.decode(bytes);
    t.is(refused.kind === 'failed' && refused.reason, 'format_unsupported');
  }
});

test('formats are told by their first bytes', (t) => {
  t.is(named('\xff\xd8\xff\xe1'), 'JPEG');
  t.is(named('RIFF\x10\0\0\0WEBPVP8X'), 'WebP');
  t.is(named('RIFF\x10\0\0\0WAVEfmt '), 'no known image format');
  t.is(named('GIF87a'), 'GIF');
  t.is(named('BM\x36\x10\0\0'), 'BMP');
  t.is(named('\0\0\x01\0\x01\0'), 'ICO');
  t.is(named('\0\0\0\x0cjP  \r\n\x87\n'), 'JPEG 2000');
  t.is(named('%PDF-1.7'), 'PDF');
  t.is(named('\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a --><svg width="1">'), 'SVG');
  t.is(named('  <HTML><head>'), 'HTML');
  t.is(named('{"error": "gone"}'), 'JSON');
  t.is(named(''), 'no known image format');
});

test('AVIF is told from its relatives by its brands', (t) => {
  t.is(named('\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf'), 'AVIF');
  t.is(named('\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf'), 'AVIF');
  t.is(named('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), 'HEIC');
  t.is(named('\0\0\0\x18ftypisom\0\0\0\0isommp42'), 'a video');
});
