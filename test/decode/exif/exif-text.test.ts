import test from 'ava';
import { exifText } from '../../../src/decode/exif/exif-text.ts';
import { sharp } from '../../../src/decode/sharp-library.ts';

/** Texts for libvips, which writes them into the types of their tags. */
const WRITTEN = {
  IFD0: { Make: 'Bowerbird', Model: 'Bower 5', Copyright: 'nobody', DateTime: '2020:02:30 25:61:00' },
  IFD2: {
    ...{ ExposureTime: '10/1000', FNumber: '28/10', ISOSpeedRatings: '200', ExposureBiasValue: '-2/6' },
    ...{ DateTimeOriginal: '2021:03:04 05:06:07', MeteringMode: '5', Flash: '16', ColorSpace: '1' },
    ...{ UserComment: 'left out', LensModel: 'a lens' },
  },
  IFD3: {
    ...{ GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100' },
    ...{ GPSLongitudeRef: 'W', GPSLongitude: '0/1 7/1 4366/100' },
  },
} as const;

/** What exifread 3.5.1, asked for no details as img2dataset asks it, says of a JPEG, PNG or WebP with what is written above. */
const READ = {
  ...{ 'Image Make': 'Bowerbird', 'Image Model': 'Bower 5', 'Image Orientation': 'Rotated 90 CW' },
  ...{ 'Image XResolution': '127/5', 'Image YResolution': '127/5', 'Image ResolutionUnit': 'Pixels/Inch' },
  ...{ 'Image DateTime': '2020:02:30 25:61:00', 'Image YCbCrPositioning': 'Centered' },
  ...{ 'Image Copyright': 'nobody', 'Image ExifOffset': '208' },
  ...{ 'GPS GPSLatitudeRef': 'N', 'GPS GPSLatitude': '[51, 30, 323/10]' },
  ...{ 'GPS GPSLongitudeRef': 'W', 'GPS GPSLongitude': '[0, 7, 2183/50]', 'Image GPSInfo': '462' },
  ...{ 'EXIF ExposureTime': '1/100', 'EXIF FNumber': '14/5', 'EXIF ISOSpeedRatings': '200' },
  ...{ 'EXIF ExifVersion': '0210', 'EXIF DateTimeOriginal': '2021:03:04 05:06:07' },
  ...{ 'EXIF ComponentsConfiguration': 'YCbCr', 'EXIF ExposureBiasValue': '-1/3' },
  ...{ 'EXIF MeteringMode': 'Pattern', 'EXIF Flash': 'Flash did not fire, compulsory flash mode' },
  ...{ 'EXIF FlashPixVersion': '0100', 'EXIF ColorSpace': 'sRGB', 'EXIF ExifImageWidth': '40' },
  ...{ 'EXIF ExifImageLength': '30', 'EXIF LensModel': 'a lens' },
};

const plain = sharp({ create: { width: 40, height: 30, channels: 3, background: '#305070' } });
const written = plain.clone().withMetadata({ orientation: 6, exif: WRITTEN });

/** A field of a directory: tag, type, count, and its value or the place of its values. */
type Entry = readonly [tag: number, type: number, count: number, value: number];

/** A block of one directory at 8, and bytes behind it. */
function blockOf(entries: readonly Entry[], behind: Buffer = Buffer.alloc(0), next = 0): Buffer {
  const directory = Buffer.alloc(endOf(entries.length));
  directory.write('II*\0\x08\0\0\0', 'latin1');
  directory.writeUInt16LE(entries.length, 8);
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * i;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(count, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  directory.writeUInt32LE(next, 10 + 12 * entries.length);
  return Buffer.concat([directory, behind]);
}

/** Where a directory of so many fields ends. */
function endOf(fields: number): number {
  return 8 + 2 + 12 * fields + 4;
}

function read(block: Buffer): Record<string, string> {
  return JSON.parse(exifText(block, 'tiff')!);
}

for (const format of ['jpeg', 'png', 'webp'] as const)
  test(`a ${format} gives the keys and words of exifread`, async (t) => {
    t.deepEqual(JSON.parse(exifText(await written.clone()[format]().toBuffer(), format)!), READ);
  });

test('a TIFF is its own block', async (t) => {
  t.like(read(await plain.clone().tiff({ compression: 'lzw' }).toBuffer()), {
    ...{ 'Image ImageWidth': '40', 'Image ImageLength': '30', 'Image Compression': 'LZW' },
    'Image BitsPerSample': '[8, 8, 8]',
  });
});

test('a file without Exif gives an empty object; into an AVIF is not looked', async (t) => {
  for (const format of ['jpeg', 'png', 'webp', 'gif'] as const)
    t.is(exifText(await plain.clone()[format]().toBuffer(), format), '{}', format);
  t.is(exifText(await written.clone().avif().toBuffer(), 'avif'), null);
});

test('numbers of either byte order, fractions without a denominator, unknown tags and codes are told as they are', (t) => {
  const at = endOf(4);
  const fractions = Buffer.from([6, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 4, 0, 0, 0]);
  const entries: readonly Entry[] = [
    [0x9999, 3, 2, 0x0002_0001],
    [0x112, 3, 1, 9],
    [0x829a, 5, 1, at],
    [0x9204, 10, 1, at + 8],
  ];
  t.deepEqual(read(blockOf(entries, fractions)), {
    ...{ 'Image Tag 0x9999': '[1, 2]', 'Image Orientation': '9' },
    ...{ 'Image ExposureTime': '6/0', 'Image ExposureBiasValue': '-1/2' },
  });
  const bigEndian = Buffer.from('4d4d002a000000080001011200030000000100060000'.padEnd(60, '0'), 'hex');
  t.deepEqual(read(bigEndian), { 'Image Orientation': 'Rotated 90 CW' });
});

test('of more than 50 numbers the first 20 are told, of 1000 and more none; bytes of a text are told as it', (t) => {
  const numbers = Buffer.alloc(2000, Buffer.from([7, 0]));
  const text = Buffer.from('A name of more than fifty characters, as Windows writes it', 'utf16le');
  const at = endOf(4);
  const entries: readonly Entry[] = [
    [0xb001, 3, 50, at],
    [0xb002, 3, 51, at],
    [0xb003, 3, 1000, at],
    [0x9c9d, 1, text.length, at + numbers.length],
  ];
  t.deepEqual(read(blockOf(entries, Buffer.concat([numbers, text]))), {
    'Image Tag 0xB001': `[${new Array(50).fill(7).join(', ')}]`,
    'Image Tag 0xB002': `[${new Array(20).fill(7).join(', ')}, ... ]`,
    'Image Tag 0xB003': '[]',
    'Image XPAuthor': 'A name of more than fifty characters, as Windows writes it',
  });
});

test('values that are said to lie beyond the block are nothing, and directories in a circle end', (t) => {
  const entries: readonly Entry[] = [
    [0x10f, 2, 4_000_000_000, 4_000_000_000],
    [0x829a, 5, 1, 4_000_000_000],
    [0x111, 4, 4_000_000_000, 0],
    [0x8769, 4, 1, 4_000_000_000],
    [0x8825, 4, 1, 8],
  ];
  t.like(read(blockOf(entries, undefined, 8)), {
    ...{ 'Image Make': '', 'Image ExposureTime': '0/0', 'Image StripOffsets': '[]' },
    'Image ExifOffset': '4000000000',
  });
  const block = blockOf(entries);
  for (let bytes = 0; bytes < block.length; bytes++)
    t.notThrows(() => exifText(block.subarray(0, bytes), 'tiff'), `${bytes} bytes`);
  t.is(exifText(Buffer.from('<html>'), 'jpeg'), '{}');
});

test('a block that would give more than anybody wrote is not read to its end, or not told', (t) => {
  const long = Buffer.alloc(60_000, 'x');
  const texts = (fields: number): Entry[] =>
    Array.from({ length: fields }, (_, i) => [0xb000 + i, 2, long.length, endOf(fields)]);
  t.deepEqual(
    Object.values(read(blockOf(texts(2), long))).map(({ length }) => length),
    [2000, 2000],
  );
  t.is(exifText(blockOf(texts(10), long), 'tiff'), null);
  const repeated = Array.from({ length: 5000 }, (_, i): Entry => [0xb000 + (i % 10), 4, 1, i]);
  t.is(read(blockOf(repeated))['Image Tag 0xB000'], '990');
});
