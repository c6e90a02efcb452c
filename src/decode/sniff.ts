/** The formats that are decoded. Everything else is refused by its first bytes, before any decoder sees it. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'bmp' | 'ico';

/** What a file's first bytes say it is. */
export interface Sniffed {
  readonly format?: ImageFormat;
  /** A word for a person: "JPEG", "SVG", "HTML", "no known image format". */
  readonly name: string;
}

interface Signature {
  readonly name: string;
  readonly format?: ImageFormat;
  readonly matches: (head: string) => boolean;
}

const startsWith =
  (...magics: readonly string[]) =>
  (head: string): boolean =>
    magics.some((magic) => head.startsWith(magic));

/** Whether each of these places has one of these bytes. */
function hasAt(places: Readonly<Record<number, string>>): (head: string) => boolean {
  return (head) =>
    Object.entries(places).every(
      ([at, allowed]) => head.length > Number(at) && allowed.includes(head[Number(at)]!),
    );
}

const HEAD_BYTES = 1024;

/** ISO base media files name their major brand and the compatible ones after `ftyp`. */
function brands(head: string): readonly string[] {
  if (head.slice(4, 8) !== 'ftyp') return [];
  const boxBytes = Buffer.from(head.slice(0, 4), 'latin1').readUInt32BE();
  return [head.slice(8, 12), ...(head.slice(16, Math.min(boxBytes, HEAD_BYTES)).match(/.{4}/gs) ?? [])];
}

function hasBrand(...names: readonly string[]): (head: string) => boolean {
  return (head) => brands(head).some((brand) => names.includes(brand));
}

// In Latin-1, one character per byte. The order matters: AVIF before HEIC, whose brands AVIF files also list.
const SIGNATURES: readonly Signature[] = [
  { name: 'JPEG', format: 'jpeg', matches: startsWith('\xff\xd8\xff') },
  { name: 'PNG', format: 'png', matches: startsWith('\x89PNG\r\n\x1a\n') },
  {
    name: 'WebP',
    format: 'webp',
    matches: (head) => head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP',
  },
  { name: 'GIF', format: 'gif', matches: startsWith('GIF87a', 'GIF89a') },
  { name: 'TIFF', format: 'tiff', matches: startsWith('II*\0', 'MM\0*', 'II+\0', 'MM\0+') },
  { name: 'AVIF', format: 'avif', matches: hasBrand('avif', 'avis') },
  { name: 'HEIC', matches: hasBrand('heic', 'heix', 'hevc', 'heim', 'heis', 'mif1', 'msf1') },
  { name: 'a video', matches: (head) => head.slice(4, 8) === 'ftyp' || head.startsWith('\x1aE\xdf\xa3') },
  { name: 'JPEG XL', matches: startsWith('\xff\x0a', '\0\0\0\x0cJXL \r\n\x87\n') },
  { name: 'JPEG 2000', matches: startsWith('\0\0\0\x0cjP  \r\n\x87\n', '\xff\x4f\xff\x51') },
  { name: 'BMP', format: 'bmp', matches: startsWith('BM') },
  { name: 'ICO', format: 'ico', matches: startsWith('\0\0\x01\0') },
  {
    name: 'a cursor (CUR)',
    matches: (head) => head.startsWith('\0\0\x02\0') && head.slice(4, 6) !== '\0\0',
  },
  { name: 'PSD', matches: startsWith('8BPS') },
  { name: 'Netpbm (PBM, PGM, PPM, PAM, PFM)', matches: (head) => /^P[1-7fFy]\s/.test(head) },
  { name: 'QOI', matches: startsWith('qoif') },
  { name: 'DDS', matches: startsWith('DDS ') },
  { name: 'ICNS', matches: startsWith('icns') },
  { name: 'SGI', matches: startsWith('\x01\xda') },
  { name: 'BLP', matches: startsWith('BLP1', 'BLP2') },
  { name: 'MSP', matches: startsWith('DanM', 'LinS') },
  { name: 'Sun raster', matches: startsWith('\x59\xa6\x6a\x95') },
  { name: 'FITS', matches: startsWith('SIMPLE  =') },
  { name: 'FLI or FLC', matches: hasAt({ 4: '\x11\x12', 5: '\xaf' }) },
  {
    name: 'WMF or EMF',
    matches: (head) => head.startsWith('\xd7\xcd\xc6\x9a') || head.slice(40, 44) === ' EMF',
  },
  { name: 'XBM', matches: (head) => /^\s*#define\s+\S+_width\s/.test(head) },
  { name: 'XPM', matches: startsWith('/* XPM */') },
  { name: 'PCX', matches: hasAt({ 0: '\n', 2: '\x01', 3: '\x01\x02\x04\x08' }) },
  { name: 'DCX', matches: startsWith('\xb1\x68\xde\x3a') },
  { name: 'IM (IFUNC)', matches: startsWith('Image type: ') },
  // No signature: with a colour map or without, a known type, a known depth.
  {
    name: 'TGA',
    matches: hasAt({ 1: '\0\x01', 2: '\x01\x02\x03\x09\x0a\x0b', 16: '\x08\x0f\x10\x18\x20' }),
  },
  { name: 'PDF', matches: startsWith('%PDF-') },
  { name: 'PostScript', matches: startsWith('%!PS') },
  { name: 'gzip data', matches: startsWith('\x1f\x8b') },
  { name: 'a ZIP archive', matches: startsWith('PK\x03\x04') },
  { name: 'SVG', matches: (head) => /<svg[\s>]/i.test(head) },
  { name: 'HTML', matches: (head) => /<!doctype html|<html|<head|<body/i.test(head) },
  { name: 'XML', matches: (head) => /^\s*<\?xml/i.test(withoutByteOrderMark(head)) },
  { name: 'JSON', matches: (head) => /^\s*[[{]/.test(withoutByteOrderMark(head)) },
];

function withoutByteOrderMark(head: string): string {
  return head.startsWith('\xef\xbb\xbf') ? head.slice(3) : head;
}

/** Tells a file's format by its first bytes, whatever its name or media type claims. */
export function sniff(bytes: Uint8Array): Sniffed {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString(
    'latin1',
  );
  return SIGNATURES.find(({ matches }) => matches(head)) ?? { name: 'no known image format' };
}
