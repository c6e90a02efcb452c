/** What is decided otherwise than Pillow does, and why. docs/decode.md says the same in a table. */
export interface Difference {
  /** `decoded`, `close` (AVIF), or the reason of the refusal. */
  readonly ours: string;
  readonly why: string;
}

const COSTLY = 'a limit keeps it from being decoded';
const UNREAD_TIFF = 'a kind of TIFF that is not decoded';
const OTHER_FORMAT = 'a format that is not decoded';
const UNOPENED_BOMB = 'Pillow opens the bomb in a text or profile and stops; here it is never opened';

function all(names: readonly string[], ours: string, why: string): Record<string, Difference> {
  return Object.fromEntries(names.map((name) => [name, { ours, why }]));
}

/** By file; every AVIF in colour is `close` besides. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  ...all(['png/bomb-ztxt.png', 'png/bomb-itxt.png', 'png/bomb-iccp.png'], 'decoded', UNOPENED_BOMB),
  'png/bomb-1x9000000.png': { ours: 'image_side_too_long', why: COSTLY },
  ...all(
    ['gif/bomb-screen-8000.gif', 'webp/bomb-63mp.webp', 'avif/bomb-60mp.avif'],
    'image_too_compressed',
    COSTLY,
  ),
  'tiff/bomb-side.tif': { ours: 'image_too_large', why: COSTLY },
  'tiff/bomb-strips.tif': { ours: 'image_broken', why: 'its strips have fewer bytes than their rows' },
  'jpeg/scans-repeated.jpg': {
    ours: 'image_broken',
    why: 'libvips refuses a progressive scan that is repeated',
  },
  'gif/grey-ramp-local.gif': {
    ours: 'decoded',
    why: 'Pillow stumbles over a grey frame under a coloured global palette',
  },
  'tiff/grey16-big-endian.tif': { ours: 'decoded', why: 'Pillow mixes up the bytes when it resizes I;16B' },
  ...all(
    [
      'tiff/compression-lzma.tif',
      'tiff/compression-zstd.tif',
      'tiff/grey16-signed.tif',
      'tiff/grey12.tif',
      'tiff/grey32.tif',
      'tiff/grey32-signed.tif',
      'tiff/grey-float.tif',
      'tiff/grey-float-255.tif',
      'tiff/lab.tif',
    ],
    'format_unsupported',
    UNREAD_TIFF,
  ),
  'avif/bit-flips.avif': {
    ours: 'image_broken',
    why: 'damaged AV1 data are an error in libaom, not in dav1d',
  },
  ...all(
    ['avif/ispe-wrong.avif', 'avif/bomb-60mp-small-claim.avif'],
    'image_broken',
    'container and coded picture disagree on the size',
  ),
  ...all(
    [
      'ico/cursor.cur',
      'other/jpeg2000.jp2',
      'other/ppm.ppm',
      'other/tga.tga',
      'other/pcx.pcx',
      'other/dds.dds',
      'other/sgi.sgi',
      'other/qoi.qoi',
      'other/icns.icns',
      'other/codestream.j2k',
      'other/grey.pgm',
      'other/bilevel.pbm',
      'other/plain.ppm',
      'other/float.pfm',
      'other/msp.msp',
      'other/xbm.xbm',
      'other/im.im',
      'other/spider.spi',
      'other/psd.psd',
      'other/blp.blp',
    ],
    'format_unsupported',
    OTHER_FORMAT,
  ),
};
