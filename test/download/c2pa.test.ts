import test from 'ava';
import { c2paIn } from '../../src/download/consent/c2pa.ts';

/** ISO 19566-5: a superbox whose description has this type (16 bytes) and label. */
function jumbf(type: string, label: string, ...contents: readonly Buffer[]): Buffer {
  const description = Buffer.concat([Buffer.from(type, 'hex'), Buffer.from([3]), Buffer.from(`${label}\0`)]);
  return box('jumb', Buffer.concat([box('jumd', description), ...contents]));
}

function box(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

const MANIFEST = jumbf('6332706100110010800000aa00389b71', 'c2pa');
/** A manifest store has more boxes in it than its description. */
const LONG_MANIFEST = jumbf('6332706100110010800000aa00389b71', 'c2pa', Buffer.alloc(300, 1));
/** JUMBF of another kind, as 360 degree pictures have. */
const OTHER = jumbf('6579d6fbdba2446bb2ac1b82feeb89d1', 'mt.jumbf');
const LONG_OTHER = jumbf('6579d6fbdba2446bb2ac1b82feeb89d1', 'mt.jumbf', MANIFEST, Buffer.alloc(300, 1));

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

const app11 = (content: Buffer): Buffer =>
  segment(0xeb, Buffer.concat([Buffer.from('JP\x00\x01\x00\x00\x00\x01', 'latin1'), content]));
const APP0 = segment(0xe0, Buffer.from('JFIF\0\x01\x02\0\0\x01\0\x01\0\0', 'latin1'));
const SCAN = Buffer.concat([segment(0xda, Buffer.alloc(10)), Buffer.alloc(50, 7)]);

function jpeg(...segments: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...segments, Buffer.from([0xff, 0xd9])]);
}

function png(...chunks: readonly (readonly [string, Buffer])[]): Buffer {
  const bodies = chunks.map(([type, content]) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(content.length);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, content, Buffer.alloc(4)]);
  });
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...bodies]);
}

function webp(...chunks: readonly (readonly [string, Buffer])[]): Buffer {
  const bodies = chunks.map(([type, content]) => {
    const head = Buffer.from(`${type}\0\0\0\0`, 'latin1');
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
  });
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'), ...bodies]);
}

const FTYP = box('ftyp', Buffer.from('avif\0\0\0\0avifmif1', 'latin1'));
const C2PA_UUID = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex');
const NOTHING = Buffer.alloc(3);
const HEIC = Buffer.concat([
  box('ftyp', Buffer.from('heic\0\0\0\0mif1heic', 'latin1')),
  box('meta', Buffer.alloc(30)),
]);

/** A full box of version 0: what it is for, ended by a zero byte, where the first hashes are, and the data (A.5.1). */
function c2paBox(purpose: string, data: Buffer): Buffer {
  const offset = purpose === 'merkle' ? Buffer.alloc(0) : Buffer.alloc(8);
  return box('uuid', Buffer.concat([C2PA_UUID, Buffer.alloc(4), Buffer.from(`${purpose}\0`), offset, data]));
}

function avif(...boxes: readonly Buffer[]): Buffer {
  return Buffer.concat([FTYP, ...boxes, box('mdat', NOTHING)]);
}

/** In APP11 segments of at most so many bytes of the box; each further one repeats its length and type (ISO 19566-5, D.2). */
function segmented(content: Buffer, bytes: number): Buffer[] {
  const pieces = Math.ceil((content.length - 8) / bytes);
  return Array.from({ length: pieces }, (_, i) => {
    const head = Buffer.from('JP\0\x01\0\0\0\0', 'latin1');
    head.writeUInt32BE(i + 1, 4);
    return segment(
      0xeb,
      Buffer.concat([head, content.subarray(0, 8), content.subarray(8).subarray(i * bytes, (i + 1) * bytes)]),
    );
  });
}

/** [what, the file, whether it carries a manifest]. Layouts: C2PA specification 2.1, appendix A; ISO 19566-5, annex D. */
const FILES: readonly (readonly [string, Buffer, boolean | null])[] = [
  ['a JPEG with a manifest in APP11', jpeg(APP0, app11(MANIFEST), SCAN), true],
  ['one after other JUMBF', jpeg(APP0, app11(OTHER), app11(MANIFEST), SCAN), true],
  ['one with fill bytes before the marker', jpeg(APP0, Buffer.alloc(3, 0xff), app11(MANIFEST), SCAN), true],
  ['a JPEG whose manifest is in several segments', jpeg(APP0, ...segmented(LONG_MANIFEST, 100), SCAN), true],
  ['a JPEG whose other JUMBF is in several segments', jpeg(APP0, ...segmented(LONG_OTHER, 100), SCAN), false],
  ['a JPEG with other JUMBF', jpeg(APP0, app11(OTHER), SCAN), false],
  ['a JPEG without any', jpeg(APP0, SCAN), false],
  ['a JPEG with the bytes in a comment', jpeg(APP0, segment(0xfe, app11(MANIFEST)), SCAN), false],
  ['a JPEG with APP11 after the scan', jpeg(APP0, SCAN, app11(MANIFEST)), false],
  [
    'a JPEG with APP11 that is no JUMBF',
    jpeg(APP0, segment(0xeb, Buffer.from('HDR_RI ver=11')), SCAN),
    false,
  ],
  ['a JPEG whose segment has no length', jpeg(Buffer.from([0xff, 0xe0, 0, 0]), app11(MANIFEST)), false],
  [
    'a PNG with caBX',
    png(['IHDR', Buffer.alloc(13)], ['caBX', MANIFEST], ['IDAT', NOTHING], ['IEND', Buffer.alloc(0)]),
    true,
  ],
  [
    'a PNG without',
    png(['IHDR', Buffer.alloc(13)], ['IDAT', Buffer.from('caBX')], ['IEND', Buffer.alloc(0)]),
    false,
  ],
  [
    'a PNG with caBX after its end',
    png(['IHDR', Buffer.alloc(13)], ['IEND', Buffer.alloc(0)], ['caBX', MANIFEST]),
    false,
  ],
  ['a WebP with C2PA after a chunk of odd length', webp(['VP8 ', NOTHING], ['C2PA', MANIFEST]), true],
  ['a WebP without', webp(['VP8 ', Buffer.from('C2PA')]), false],
  ...['manifest', 'original', 'update'].map(
    (purpose) =>
      [`an AVIF with a uuid box for the purpose ${purpose}`, avif(c2paBox(purpose, MANIFEST)), true] as const,
  ),
  ['an AVIF with hashes for a manifest that is elsewhere', avif(c2paBox('merkle', Buffer.alloc(40))), false],
  ['an AVIF with both', avif(c2paBox('merkle', Buffer.alloc(40)), c2paBox('manifest', MANIFEST)), true],
  ['an AVIF whose box has no purpose', avif(box('uuid', Buffer.concat([C2PA_UUID, Buffer.alloc(4)]))), false],
  ['a HEIC with the uuid box after its head', Buffer.concat([HEIC, c2paBox('manifest', MANIFEST)]), true],
  [
    'an AVIF with another uuid box',
    Buffer.concat([FTYP, box('uuid', Buffer.alloc(40, 5)), box('mdat', NOTHING)]),
    false,
  ],
  ['an AVIF without', Buffer.concat([FTYP, box('mdat', C2PA_UUID)]), false],
  ['a GIF', Buffer.from('GIF89a............'), null],
  ['a page', Buffer.from('<html>c2pa</html>'), null],
  ['nothing', Buffer.alloc(0), null],
];

for (const [what, file, carries] of FILES) {
  test(`${what}: ${carries}`, (t) => {
    t.is(c2paIn(file), carries);
  });
}

test('however a file is cut or its lengths lie, it is looked through to an end', (t) => {
  for (const [, file] of FILES) {
    for (let length = 0; length < file.length; length++) t.notThrows(() => c2paIn(file.subarray(0, length)));
    for (let at = 0; at < Math.min(file.length, 80); at++) {
      const bent = Buffer.from(file);
      bent[at] = 0xff;
      t.notThrows(() => c2paIn(bent));
    }
  }
});
