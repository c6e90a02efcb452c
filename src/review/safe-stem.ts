import { isImageExtension, splitName } from '../pictures/image-names.ts';

/** Of UTF-8: with a number and an extension a name stays below the 255 that file systems have. */
const MOST_BYTES = 180;

/** What a text may have that would lead elsewhere, is refused by some file system, means something to a shell or to a terminal, or is not seen. */
const SEPARATORS = /[/\\:*?"<>|]/g;
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Devices of Windows, whatever follows after a point. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\.|$)/i;

/**
 * A text as the name of a file on any file system, without an extension: one part of a path, neither hidden nor reserved, of at most 180 bytes.
 *
 * @param fallback what is taken where nothing is left of it; safe itself
 */
export function safeStem(text: string, fallback: string): string {
  const plain = text.normalize('NFC').replace(UNSEEN, '').replace(SEPARATORS, '_').replace(/\s+/gu, ' ');
  const { stem, extension } = splitName(plain.trim());
  const named = isImageExtension(extension) ? stem : plain;
  // Points and blanks at an end vanish on Windows; a name that begins with a point is hidden, one with a hyphen is a flag to programs.
  const cut = cutAt(named.replace(/^[\s.]+/u, ''), MOST_BYTES).replace(/[\s.]+$/u, '');
  const safe = cut.replace(/^-/, '_').replace(RESERVED, '_$1');
  return safe === '' ? fallback : safe;
}

/** The first so many bytes, ended between characters as a person sees them. */
function cutAt(text: string, mostBytes: number): string {
  if (Buffer.byteLength(text) <= mostBytes) return text;
  let cut = '';
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > mostBytes) break;
    cut += segment;
  }
  return cut;
}
