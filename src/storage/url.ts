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
  if (!/^(https?|hf):/i.test(url)) return url;
  const bare = url.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1');
  return bare.replace(/[?#].*$/s, '');
}

/** The path of a `file://` URL, or a path itself, absolute. */
export function filePathOf(urlOrPath: string): string {
  return schemeOf(urlOrPath) === 'file' && /^file:\/\//i.test(urlOrPath)
    ? fileURLToPath(urlOrPath)
    : resolve(urlOrPath);
}
