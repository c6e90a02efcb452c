import { shownUrl } from './url.ts';

const urls = new Map<string, string>();

/** Keeps what a path of a copy stands for. @param path of a file or folder that is a copy, of no other copy's beginning */
export function rememberCopy(path: string, url: string): void {
  urls.set(path, shownUrl(url).replace(/\/+$/, ''));
}

/** A text with URLs in the places of the paths of copies that this process has made: a copy is gone when a person reads of it. */
export function withUrls(text: string): string {
  let named = text;
  for (const [path, url] of urls) named = named.replaceAll(path, url);
  return named;
}
