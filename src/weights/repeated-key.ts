/** A text of JSON, a brace or bracket, a colon or a comma: what lies between keys and values. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/**
 * A key that an object of a JSON text has twice, which `JSON.parse` does not say: it keeps the last. Undefined where there is
 * none. The text is one that `JSON.parse` takes.
 */
export function repeatedKey(json: string): string | undefined {
  const seenKeys: Set<string>[] = [];
  let before = '';
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '{' || token === '[') seenKeys.push(new Set());
    else if (token === '}' || token === ']') seenKeys.pop();
    else if (token === ':') {
      const key = JSON.parse(before) as string;
      const seen = seenKeys.at(-1)!;
      if (seen.has(key)) return key;
      seen.add(key);
    }
    before = token;
  }
  return undefined;
}
