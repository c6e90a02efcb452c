import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The schemes of places off this machine that are read here. */
const REMOTE: readonly string[] = ['s3', 'gs', 'http', 'https', 'hf'];

/** The scheme of a URL, or `file` for what is none. */
export function schemeOf(urlOrPath: string): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(urlOrPath) ?? [];
  return scheme?.toLowerCase() ?? 'file';
}

/** Whether a path leads off this machine, to a place that is read here. */
export function isRemote(urlOrPath: string): boolean {
  return REMOTE.includes(schemeOf(urlOrPath));
}

/** A URL as messages, records and plans name it: without user, password, query and fragment, where credentials may be. */
export function shownUrl(url: string): string {
  if (!isRemote(url)) return url;
  const bare = url.replace(/^([a-z0-9]+:\/\/)[^/]*@/i, '$1');
  // In the key of an object, and in a path of the hub, these are signs like others.
  return /^https?:/i.test(url) ? bare.replace(/[?#].*$/s, '') : bare;
}

/** The path of a `file://` URL, or a path itself, absolute. */
export function filePathOf(urlOrPath: string): string {
  return schemeOf(urlOrPath) === 'file' && /^file:\/\//i.test(urlOrPath)
    ? fileURLToPath(urlOrPath)
    : resolve(urlOrPath);
}

const askedUrls = new Map<string, string>();

/** What may be shown of a URL; the whole is kept for this process alone, and asked for wherever the shown one is. */
export function rememberUrl(url: string): string {
  const shown = shownUrl(url);
  if (shown !== url) askedUrls.set(shown, url);
  return shown;
}

/** The URL that is asked for where a shown one is given. */
export function askedUrl(shown: string): string {
  return askedUrls.get(shown) ?? shown;
}
