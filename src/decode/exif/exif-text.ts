import type { ImageFormat } from '../sniff.ts';
import { ExifBlock, type Field } from './fields.ts';
import { findExif } from './find-exif.ts';
import { GPS_TAGS, IMAGE_TAGS, INTEROPERABILITY_TAGS, type TagNames } from './names.ts';
import { WORDS } from './words.ts';

const EXIF_OFFSET = 0x8769;
/** Directories that hang from a tag, by it. */
const SUB_DIRECTORIES: ReadonlyMap<number, { readonly group: string; readonly names: TagNames }> = new Map([
  [0x8825, { group: 'GPS', names: GPS_TAGS }],
  [0xa005, { group: 'Interoperability', names: INTEROPERABILITY_TAGS }],
]);
/** XMP, a maker's note and a user's comment, which img2dataset leaves out. */
const LEFT_OUT: ReadonlySet<number> = new Set([0x02bc, 0x927c, 0x9286]);
/** PageName, ExifVersion, XPAuthor, FlashPixVersion: bytes that are a text. */
const TEXTS_OF_BYTES: ReadonlySet<number> = new Set([0x011d, 0x9000, 0x9c9d, 0xa000]);
/** What no camera writes is not read on: a block of 64 KiB can name 5,000 fields that each point to all of it. */
const MOST_FIELDS = 1000;
const MOST_TEXT_CHARACTERS = 2000;
const MOST_CHARACTERS = 16_384;

/**
 * The Exif of an image file as the text of a JSON object, in the keys and words of img2dataset, which are exifread's:
 * `{"Image Make":"Canon","EXIF ExposureTime":"1/100"}`. All values are texts. Thumbnails are left out.
 *
 * @returns `{}` where the file has none; null where that is longer than 16,384 characters, and of an AVIF, into which is not looked
 */
export function exifText(bytes: Buffer, format: ImageFormat): string | null {
  if (format === 'avif') return null;
  const block = findExif(bytes, format);
  const text = JSON.stringify(block ? Object.fromEntries(new Listing(new ExifBlock(block)).read()) : {});
  return text.length > MOST_CHARACTERS ? null : text;
}

/** Goes through the directories of a block in the order of exifread: of a key that comes twice the last value counts. */
class Listing {
  readonly #block: ExifBlock;
  readonly #texts = new Map<string, string>();
  #exifDirectory = 0;
  #fields = 0;

  constructor(block: ExifBlock) {
    this.#block = block;
  }

  read(): ReadonlyMap<string, string> {
    const seen = new Set<number>();
    for (let at = this.#block.firstDirectory; at !== 0 && !seen.has(at); ) {
      const group = seen.size === 0 ? 'Image' : seen.size === 1 ? 'Thumbnail' : `IFD ${seen.size}`;
      this.#list(at, group, IMAGE_TAGS);
      seen.add(at);
      at = this.#fields > MOST_FIELDS ? 0 : this.#block.directoryAfter(at);
    }
    if (this.#exifDirectory > 0) this.#list(this.#exifDirectory, 'EXIF', IMAGE_TAGS);
    return this.#texts;
  }

  #list(directory: number, group: string, names: TagNames): void {
    for (const field of this.#block.fieldsOf(directory)) {
      if (++this.#fields > MOST_FIELDS) return;
      const { tag, values } = field;
      if (LEFT_OUT.has(tag)) continue;
      const name = names.get(tag) ?? `Tag 0x${tag.toString(16).toUpperCase().padStart(4, '0')}`;
      if (names === IMAGE_TAGS) this.#follow(tag, Number(values[0] ?? 0), group);
      this.#texts.set(`${group} ${name}`, describe(field, names).trim().slice(0, MOST_TEXT_CHARACTERS));
    }
  }

  /** Lists what hangs from a tag. */
  #follow(tag: number, directory: number, group: string): void {
    if (tag === EXIF_OFFSET && group === 'Image') this.#exifDirectory = directory;
    const sub = SUB_DIRECTORIES.get(tag);
    if (sub) this.#list(directory, sub.group, sub.names);
  }
}

/** A field's values as exifread prints them. */
function describe({ tag, count, values }: Field, names: TagNames): string {
  if (typeof values === 'string') return values;
  if (names === IMAGE_TAGS) {
    const words = WORDS[tag];
    if (words) return values.map((value) => words[Number(value)] ?? String(value)).join('');
    if (TEXTS_OF_BYTES.has(tag)) return textOfBytes(values);
  }
  if (count === 1) return String(values[0]);
  if (count > 50 && values.length > 20) return `[${values.slice(0, 20).join(', ')}, ... ]`;
  return `[${values.join(', ')}]`;
}

/** Printing characters alone; the numbers where there are none of them. */
function textOfBytes(values: readonly (number | string)[]): string {
  const codes = values.map(Number).filter((code) => code >= 32 && code < 256);
  if (codes.length > 0) return String.fromCharCode(...codes);
  return values.every((value) => value === 0) ? '' : values.join('');
}
