import { BowerbirdError } from '../base/errors.ts';
import { shownUrl } from '../storage/storage.ts';

/**
 * At commas, but for those within braces: `{00000..00009,00042}.parquet` is one pattern. A list may be written as img2dataset takes
 * it, `["a","b"]`.
 *
 * @param name of the flag
 * @throws BowerbirdError BB_USAGE where a comma may be one of a URL
 */
export function splitList(name: string, value: unknown): string[] {
  return [value]
    .flat()
    .flatMap((part) => jsonTexts(String(part)) ?? splitText(name, String(part)))
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function splitText(name: string, text: string): string[] {
  const parts = splitOutsideBraces(text);
  for (const [place, part] of parts.slice(0, -1).entries())
    if (mayGoOn(part) && !LEADS_ELSEWHERE.test(parts[place + 1]!)) throw cutUrl(name);
  return parts;
}

/** A URL, in `NAME=URL` too. */
const LEADS_ELSEWHERE = /^\s*(?:[\w-]+=)?[a-z][a-z0-9+.-]+:\/\//i;
const WEB = /^\s*(?:[\w-]+=)?(https?:\/+.*)$/is;

/** Whether what follows may be of a URL's query or password. */
function mayGoOn(part: string): boolean {
  const [, url] = WEB.exec(part) ?? [];
  return (
    url !== undefined && (/[?#]/.test(url) || /^[^:]+:\/+[^/]*$/.test(url) || shownUrl(url).endsWith('/...'))
  );
}

/** It does not say the list: what is behind the comma would be told as the name of a file. */
function cutUrl(name: string): BowerbirdError {
  return new BowerbirdError(
    'BB_USAGE',
    `--${name} has a URL with a query, or with a password, and behind it a comma that may be a part of it. Write a comma within a URL as %2C; where it divides the list, ` +
      'write that as JSON: ["https://HOST/PATH?QUERY","FILE"].',
  );
}

function splitOutsideBraces(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth++;
    if (character === '}') depth = Math.max(0, depth - 1);
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** The texts of a JSON list of texts; undefined where it is none. */
function jsonTexts(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((each) => typeof each === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}
