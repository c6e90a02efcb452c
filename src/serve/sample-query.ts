import { hashTexts } from '../samples/hash.ts';
import { HttpError, shown } from './http-error.ts';

const NAMES = ['url', 'text'];
const ENCODE = 'Percent-encode both values: curl -G --data-urlencode "url=..." --data-urlencode "text=...".';

/**
 * The hash of the sample that a query string names: `url=...&text=...`, percent-encoded UTF-8; `text` may be missing,
 * as a sample's caption may.
 *
 * A wrong character would give the hash of another sample and so a silent miss. Nothing is therefore guessed: broken
 * escapes, unknown names (an `&` of an URL that was not encoded) and repeated ones are refused.
 *
 * @throws HttpError BB_HTTP_QUERY
 */
export function hashOfQuery(query: string): bigint {
  const values = new Map<string, string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (!NAMES.includes(name)) throw badQuery(`It has ${shown(name)} beside url and text. ${ENCODE}`);
    if (values.has(name)) throw badQuery(`It has ${name} twice. ${ENCODE}`);
    values.set(name, equals < 0 ? '' : decode(part.slice(equals + 1)));
  }
  const url = values.get('url');
  if (url === undefined || url === '') throw badQuery('It names no url.');
  return hashTexts([Buffer.from(url + (values.get('text') ?? ''))])[0]!;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw badQuery(`${shown(text)} is no percent-encoded UTF-8. ${ENCODE}`);
  }
}

function badQuery(why: string): HttpError {
  return new HttpError('BB_HTTP_QUERY', `The query must be ?url=...&text=... ${why}`);
}
