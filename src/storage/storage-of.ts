import type { Storage } from './contract.ts';
import { openStorage } from './storage.ts';

const storages = new Map<string, Promise<Storage>>();

/** Variables that say which place a scheme leads to. */
const PLACES = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL', 'AWS_PROFILE', 'GS_ENDPOINT_URL', 'HF_ENDPOINT'];

/** The storage of a URL's scheme; one for the whole process, so that connections are, unless the environment leads elsewhere by now. */
export function storageOf(url: string): Promise<Storage> {
  const key = placeKey(url);
  const known = storages.get(key);
  if (known) return known;
  const opened = openStorage(url);
  storages.set(key, opened);
  return opened;
}

/** What URLs of one place have in common. */
export function placeKey(url: string): string {
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase();
  return [scheme, ...PLACES.map((name) => process.env[name])].join(' ');
}
