/** A percent-encoded octet, and anything that may not stand in a URL as it is (RFC 3986, 2.2 and 2.3). */
const OCTET = /%[0-9a-f]{2}|[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/gi;

const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** Reserved characters that mean themselves in a query (RFC 3986, 3.4), so that both their forms are one. */
const PLAIN_IN_QUERY = /%(3A|2F|27)/g;

/** In a path these are characters like others; in a pattern they have a meaning. */
const SPECIAL = /[*$]/g;

/** The path and query of a URL in the form in which they are matched. */
export function normalPath(url: URL): string {
  return normalForm(url.pathname + url.search).replace(SPECIAL, escapeOctet);
}

/**
 * A pattern of paths as robots.txt has it (RFC 9309, 2.2.2 and 2.2.3): `*` stands for any characters, `$` at the end for
 * the end of the path, and all else begins it. Octets are compared after what needs no encoding is decoded, what
 * needs it is encoded.
 */
export class PathPattern {
  /** The most specific of several patterns that match is the one with the most octets. */
  readonly octets: number;
  readonly #pieces: readonly string[];
  readonly #isWhole: boolean;

  /** @param text one character per octet, or ASCII */
  constructor(text: string) {
    const normal = normalForm(text);
    this.octets = normal.length;
    this.#isWhole = normal.endsWith('$');
    const pattern = this.#isWhole ? normal.slice(0, -1) : normal;
    this.#pieces = pattern.split('*').map((piece) => piece.replace(SPECIAL, escapeOctet));
  }

  /** @param path as `normalPath` gives it */
  matches(path: string): boolean {
    const [first = '', ...rest] = this.#pieces;
    if (!path.startsWith(first)) return false;
    const last = this.#isWhole ? rest.pop() : undefined;
    let at = first.length;
    for (const piece of rest) {
      const found = path.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    if (!this.#isWhole) return true;
    return last === undefined ? at === path.length : path.length - last.length >= at && path.endsWith(last);
  }
}

function normalForm(text: string): string {
  const encoded = text.replace(OCTET, (found) => {
    if (!/^%[0-9a-f]{2}$/i.test(found)) return escapeOctet(found);
    const character = String.fromCharCode(Number.parseInt(found.slice(1), 16));
    return UNRESERVED.test(character) ? character : found.toUpperCase();
  });
  const query = encoded.indexOf('?');
  if (query < 0) return encoded;
  return encoded.slice(0, query) + encoded.slice(query).replace(PLAIN_IN_QUERY, decodeURIComponent);
}

function escapeOctet(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
