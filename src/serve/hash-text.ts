import { HASH_TEXT_RULE } from '../samples/hash-text.ts';
import { HttpError, shown } from './http-error.ts';

/**
 * What to answer to text that is no hash.
 *
 * @param where names the place: `hashes[3]`
 */
export function invalidHash(where: string, text: string): HttpError {
  return new HttpError('BB_HASH_INVALID', `${where} is ${shown(text)}, which is no hash: ${HASH_TEXT_RULE}.`);
}
