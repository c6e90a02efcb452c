import { HASH_TEXT_RULE, parseHashText } from '../samples/hash-text.ts';
import { scanHashes } from './hash-scanner.ts';
import { HttpError, shown } from './http-error.ts';

const HASH_BYTES = 8;
/** What a hash may take in JSON: 20 characters, quotes, a comma, and indentation by pretty printers. */
const JSON_BYTES_PER_HASH = 32;
const JSON_FRAME_BYTES = 1024;
const EXPECTED = 'The body must be {"hashes":["-123", ...]}';

/** Bytes of the longest body of each kind. */
export function bodyLimits(maxHashes: number): { readonly jsonBytes: number; readonly octetBytes: number } {
  return {
    jsonBytes: JSON_FRAME_BYTES + JSON_BYTES_PER_HASH * maxHashes,
    octetBytes: HASH_BYTES * maxHashes,
  };
}

function badBody(message: string): HttpError {
  return new HttpError('BB_HTTP_BODY', message);
}

/**
 * The hashes of a JSON body, in order.
 *
 * @throws HttpError BB_HTTP_BODY, BB_HASH_INVALID, BB_HTTP_TOO_LARGE
 */
export function hashesOfJson(bytes: Uint8Array, maxHashes: number): BigInt64Array {
  return scanHashes(bytes, maxHashes) ?? hashesOfValue(parse(bytes), maxHashes);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw badBody(`The body is no JSON. ${EXPECTED}.`);
  }
}

/** Takes what is unusual but right (escapes in strings, leading zeros), and says what is wrong with the rest. */
function hashesOfValue(value: unknown, maxHashes: number): BigInt64Array {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badBody(`${EXPECTED}: an object.`);
  const unknown = Object.keys(value).find((key) => key !== 'hashes');
  if (unknown !== undefined) throw badBody(`${EXPECTED}; it has ${shown(unknown)} as well.`);
  const hashes: unknown = Object.hasOwn(value, 'hashes') ? (value as { hashes: unknown }).hashes : undefined;
  if (!Array.isArray(hashes)) throw badBody(`${EXPECTED}: "hashes" must be a list.`);
  if (hashes.length > maxHashes) throw tooMany(hashes.length, maxHashes);
  return BigInt64Array.from(hashes, (hash: unknown, i) => hashOfItem(hash, `hashes[${i}]`));
}

function hashOfItem(item: unknown, where: string): bigint {
  if (typeof item === 'number') {
    throw badBody(
      `${where} is a JSON number. Write hashes as strings ("-123"): most readers of JSON keep numbers as doubles, ` +
        'which hold 53 bits, and a hash has 64.',
    );
  }
  if (typeof item !== 'string') throw badBody(`${where} is no string. ${EXPECTED}.`);
  const hash = parseHashText(item);
  if (hash === undefined) throw invalidHash(where, item);
  return hash;
}

/**
 * What to answer to text that is no hash.
 *
 * @param where names the place: `hashes[3]`
 */
export function invalidHash(where: string, text: string): HttpError {
  return new HttpError('BB_HASH_INVALID', `${where} is ${shown(text)}, which is no hash: ${HASH_TEXT_RULE}.`);
}

function tooMany(count: number, maxHashes: number): HttpError {
  return new HttpError(
    'BB_HTTP_TOO_LARGE',
    `${count} hashes are more than the ${maxHashes} that one request may have. Send them in several.`,
  );
}

/**
 * The hashes of an octet-stream: int64, little-endian.
 *
 * @throws HttpError BB_HTTP_BODY where the length is no multiple of 8
 */
export function hashesOfOctets(bytes: Uint8Array): BigInt64Array {
  if (bytes.length % HASH_BYTES !== 0) {
    throw badBody(
      `The body has ${bytes.length} bytes, no multiple of 8. It must be int64 hashes, little-endian, and nothing else.`,
    );
  }
  const aligned = bytes.byteOffset % HASH_BYTES === 0 ? bytes : Uint8Array.from(bytes);
  return new BigInt64Array(aligned.buffer, aligned.byteOffset, aligned.length / HASH_BYTES);
}
