import type { SampleName } from '../../feedback/answer.ts';
import { canonicalHash, isKey } from '../../feedback/check.ts';

/** What answers call a sample: what a table says of it, as far as feedback files can hold that. */
export function nameOf(hash: string | null, key: string | null): SampleName {
  const known = hash === null ? undefined : canonicalHash(hash);
  return { ...(known !== undefined && { hash: known }), ...(isKey(key) && { key }) };
}
