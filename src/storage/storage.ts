import { BowerbirdError } from '../base/errors.ts';
import type { Storage } from './contract.ts';
import { FileStorage } from './file-storage.ts';
import { defaultPolicy, type RetryPolicy } from './retry.ts';
import { schemeOf, shownUrl } from './url.ts';
import { hubPlace, hubUrl } from './web/hub-place.ts';

export type { Storage, StoredObject } from './contract.ts';
export { StorageError } from './errors.ts';
export {
  askedAlike,
  askedUrl,
  isRemote,
  refuseAlike,
  rememberAlike,
  rememberUrl,
  shownMessage,
  shownText,
  shownUrl,
} from './url.ts';

/** How a place is asked. */
export interface StorageOptions {
  readonly retry?: Partial<RetryPolicy> | undefined;
}

/**
 * The place that a URL or path leads to. Nothing is asked of it yet; libraries are loaded for the first of their scheme.
 *
 * @throws BowerbirdError BB_REMOTE_PATH for a scheme that is not read here
 */
export async function openStorage(urlOrPath: string, { retry }: StorageOptions = {}): Promise<Storage> {
  const policy = { ...defaultPolicy(), ...retry };
  const scheme = schemeOf(urlOrPath);
  if (scheme === 'file') return new FileStorage();
  if (scheme === 's3' || scheme === 'gs') {
    const { S3Storage } = await import('./s3/s3-storage.ts');
    return S3Storage.open(scheme, policy);
  }
  if (scheme === 'http' || scheme === 'https') {
    const { WebStorage } = await import('./web/web-storage.ts');
    return new WebStorage(urlOrPath, policy);
  }
  if (scheme === 'hf') {
    const { HubStorage } = await import('./web/hub-storage.ts');
    return new HubStorage(policy);
  }
  throw new BowerbirdError('BB_REMOTE_PATH', `${scheme}:// is no place that bowerbird reads.`, {
    fields: { path: shownUrl(urlOrPath), scheme },
  });
}

/** A URL as listings name what lies there: `hf://datasets/ORG/NAME@main` has no `@main`. @throws BowerbirdError BB_REMOTE_PATH */
export function listedUrl(url: string): string {
  const scheme = schemeOf(url);
  return scheme === 'hf' ? hubUrl(hubPlace(url)) : scheme + url.slice(scheme.length);
}
