/** The type of C2PA's box in a JUMBF description (C2PA specification 2.1, 11.1.4.2): `c2pa` and ISO's fixed octets. */
const C2PA_TYPE = Buffer.from('6332706100110010800000aa00389b71', 'hex');

/** The user type of C2PA's box in ISO base media files (C2PA specification 2.1, A.5.1). */
const C2PA_UUID = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex');

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** Brands of ISO base media files that are pictures (AVIF, HEIF). */
const PICTURE_BRANDS: ReadonlySet<string> = new Set(['avif', 'avis', 'mif1', 'heic', 'heix']);

/**
 * Whether an image file carries a C2PA manifest; null for formats that are not looked into. Its place is found by walking
 * over the lengths of segments, chunks and boxes, so that the work is bounded by the size of the file; what the manifest
 * says, and whether its signature holds, is not looked at.
 *
 * JPEG: JUMBF in APP11 segments (ISO 19566-5; C2PA A.3.1). PNG: the chunk caBX (A.3.2). WebP: the chunk C2PA (A.3.7).
 * AVIF: a uuid box (A.5.1).
 */
export function c2paIn(file: Buffer): boolean | null {
  if (file.length > 3 && file.readUInt16BE(0) === 0xffd8) return isInJpeg(file);
  if (file.subarray(0, 8).equals(PNG_SIGNATURE)) return isInPng(file);
  if (textAt(file, 0) === 'RIFF' && textAt(file, 8) === 'WEBP') return isInWebp(file);
  if (textAt(file, 4) === 'ftyp' && PICTURE_BRANDS.has(textAt(file, 8))) return isInBoxes(file);
  return null;
}

const MARKER = 0xff;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const APP11 = 0xeb;

/** Manifests stand before the first scan. */
function isInJpeg(file: Buffer): boolean {
  for (let at = 2; at + 4 <= file.length; ) {
    if (file[at] !== MARKER) return false;
    const marker = file[at + 1]!;
    // Any number of fill bytes may stand before a marker.
    if (marker === MARKER) {
      at++;
      continue;
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return false;
    const length = file.readUInt16BE(at + 2);
    if (length < 2) return false;
    if (marker === APP11 && isC2paSegment(file.subarray(at + 4, at + 2 + length))) return true;
    at += 2 + length;
  }
  return false;
}

/** Bytes of an APP11 segment before its box: `JP`, the instance of the box, the number of the packet. */
const PACKET_HEAD_BYTES = 8;

function isC2paSegment(segment: Buffer): boolean {
  if (segment.toString('latin1', 0, 2) !== 'JP') return false;
  return isC2paBox(segment.subarray(PACKET_HEAD_BYTES));
}

/** Whether a superbox `jumb` begins here whose description has C2PA's type. */
function isC2paBox(box: Buffer): boolean {
  if (textAt(box, 4) !== 'jumb') return false;
  // A length of 1 says that the true one follows, in 8 bytes.
  const description = box.subarray(box.readUInt32BE(0) === 1 ? 16 : 8);
  return textAt(description, 4) === 'jumd' && description.subarray(8, 24).equals(C2PA_TYPE);
}

function isInPng(file: Buffer): boolean {
  for (let at = 8; at + 8 <= file.length; at += 12 + file.readUInt32BE(at)) {
    const type = textAt(file, at + 4);
    if (type === 'caBX') return true;
    if (type === 'IEND') return false;
  }
  return false;
}

function isInWebp(file: Buffer): boolean {
  for (let at = 12; at + 8 <= file.length; ) {
    if (textAt(file, at) === 'C2PA') return true;
    const length = file.readUInt32LE(at + 4);
    // Chunks of an odd length are followed by a byte of padding.
    at += 8 + length + (length % 2);
  }
  return false;
}

function isInBoxes(file: Buffer): boolean {
  for (let at = 0; at + 8 <= file.length; ) {
    const isLong = file.readUInt32BE(at) === 1;
    const headBytes = isLong ? 16 : 8;
    if (at + headBytes > file.length) return false;
    const length = isLong ? Number(file.readBigUInt64BE(at + 8)) : file.readUInt32BE(at);
    if (textAt(file, at + 4) === 'uuid' && isManifestBox(file.subarray(at + headBytes))) return true;
    // The last box may leave its length open.
    if (length < headBytes) return false;
    at += length;
  }
  return false;
}

/** What C2PA's box is for, where it holds a manifest (A.5.1, A.5.3); `merkle` has hashes for one that is elsewhere. */
const MANIFEST_PURPOSES: ReadonlySet<string> = new Set(['manifest', 'original', 'update']);

/** The version and flags of a full box. */
const FULL_BOX_HEAD_BYTES = 4;
const LONGEST_PURPOSE_BYTES = 8;

function isManifestBox(content: Buffer): boolean {
  if (!content.subarray(0, C2PA_UUID.length).equals(C2PA_UUID)) return false;
  const at = C2PA_UUID.length + FULL_BOX_HEAD_BYTES;
  const purpose = content.toString('latin1', at, at + LONGEST_PURPOSE_BYTES + 1);
  return MANIFEST_PURPOSES.has(purpose.slice(0, purpose.indexOf('\0')));
}

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 4);
}
