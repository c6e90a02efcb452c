import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BowerbirdError } from '../base/errors.ts';

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

/** In the keys of these, and in paths of the hub, `?` and `#` are signs like others. */
const OF_KEYS: readonly string[] = ['s3', 'gs', 'hf'];
/** Who is asked, with a port; braces may stand in it. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[^\s:@]+)(?::\d*)?$/i;
/** With an `@` in the path: a host with its port, or a user and how a password begins in which there is a slash. */
const USER_OR_HOST = /^[^@[]+:\d*$/;
/** How a URL begins wherever it stands, with a slash too few as well. */
const START = String.raw`(?:https?|s3|gs|hf):\/+|[a-z][a-z0-9+.-]+:\/\/`;

/**
 * A URL as messages, records and plans name it: without user, password, query and fragment, where credentials may be. What has no host that can be told from a password
 * is not shown at all, but for its scheme.
 */
export function shownUrl(url: string): string {
  const [, lead = '', rest = ''] = /^([a-z][a-z0-9+.-]+:\/+)(.*)$/is.exec(url) ?? [];
  const scheme = lead.replace(/:.*$/s, '').toLowerCase();
  if (lead === '' || scheme === 'file') return url;
  if (OF_KEYS.includes(scheme)) return lead + shownKey(rest);
  // Of what is not read here, a password may be written in any way.
  return (
    lead + (isRemote(`${scheme}://`) ? shownAddress(rest) : rest.replace(/^.*@/s, '').replace(/[?#].*$/s, ''))
  );
}

function shownKey(rest: string): string {
  const [bucket = ''] = rest.split('/', 1);
  if (bucket.includes('@')) return rest.slice(bucket.lastIndexOf('@') + 1);
  // No name of a bucket has a colon: it is credentials, in which there may be a slash.
  return bucket.includes(':') ? '...' : rest;
}

function shownAddress(rest: string): string {
  const [authority = ''] = /^[^/\\?#]*/.exec(rest) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const path = rest.slice(authority.length).replace(/[?#].*$/s, '');
  if (!HOST.test(host) || (USER_OR_HOST.test(authority) && path.includes('@'))) return '...';
  return host + path;
}

/**
 * A text with URLs in it as it may be shown. A URL in quotes ends with them; any other at the next one behind a comma, or else where the text ends, for a comma, a space and a
 * quote may be part of a password.
 */
export function shownText(text: string): string {
  return text.replace(IN_TEXT, (_, quoted: string | undefined, bare: string | undefined) =>
    quoted === undefined ? shownUrl(bare!) : quoted[0] + shownUrl(quoted.slice(1)),
  );
}

const QUOTED = (quote: string): string =>
  String.raw`${quote}(?:${START})(?:\\.|${quote}${quote}|[^${quote}\\])*(?=${quote}|$)`;
const IN_TEXT = new RegExp(
  `(${QUOTED("'")}|${QUOTED('"')})|(?<![a-z0-9+.-])((?:${START})(?:(?!,(?:[\\w-]+=)?["']?(?:${START})).)*)`,
  'gis',
);

/** A message as it may be shown, whoever wrote it: URLs in it that have a user, a query or a fragment end at a space. */
export function shownMessage(message: string): string {
  return message.replace(new RegExp(String.raw`(?<![a-z0-9+.-])(?:${START})\S*[@?#]\S*`, 'gi'), shownUrl);
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
  if (shown !== url) askedUrls.set(keyOf(shown), url);
  return shown;
}

/** The URL that is asked for where a shown one is given. */
export function askedUrl(shown: string): string {
  return askedUrls.get(keyOf(shown)) ?? shown;
}

/** Schemes are the same in capitals. */
function keyOf(url: string): string {
  const scheme = schemeOf(url);
  return scheme === 'file' ? url : scheme + url.slice(scheme.length);
}

/** How what one URL stands for is asked for: as it is itself, with its user, its password and its query. @param names as they are shown */
export function askedAlike(url: string, names: readonly string[]): readonly string[] {
  const asked = askedUrl(url);
  if (asked === shownUrl(url)) return names;
  const [, user = ''] = /^[^:]+:\/\/([^/\\?#]*@)/.exec(asked) ?? [];
  const [query = ''] = /[?#].*$/s.exec(asked) ?? [];
  return names.map((name) => name.replace('://', () => `://${user}`) + query);
}

/** Has them asked for so from here on. */
export function rememberAlike(url: string, names: readonly string[]): readonly string[] {
  for (const asked of askedAlike(url, names)) rememberUrl(asked);
  return names;
}

/**
 * Refuses URLs of which the same is shown though others are asked for: one would be read in the place of the other.
 *
 * @throws BowerbirdError BB_USAGE
 */
export function refuseAlike(urls: readonly string[]): void {
  const known = new Map<string, string>();
  for (const url of urls) {
    const shown = keyOf(shownUrl(url));
    const other = known.get(shown);
    if (other !== undefined && other !== keyOf(url))
      throw new BowerbirdError(
        'BB_USAGE',
        `${shown} was given twice, with another user, password or query. These are kept out of all that is written, so that both would be one file there. Fetch one of them, and give its path.`,
        { fields: { path: shown } },
      );
    if (isRemote(url)) known.set(shown, keyOf(url));
  }
}
