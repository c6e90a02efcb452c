import { jsonTokens } from '../base/json-tokens.ts';

/**
 * A key that one object of a JSON text has twice, of which JSON.parse would take the last; undefined where there is none.
 *
 * @param text valid JSON
 */
export function repeatedKeyIn(text: string): string | undefined {
  /** The keys of each open object; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let mayBeKey = false;
  for (const token of jsonTokens(text)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token !== ',' && mayBeKey) {
      const key = JSON.parse(token) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
    mayBeKey = token === '{' || token === ',';
  }
  return undefined;
}
